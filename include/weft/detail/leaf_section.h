// weft/detail/leaf_section.h: a Section that never parks, for fast paths of a few nanoseconds.
//
// A Section asks again on the way out which machine it is on, since it may have parked; this one remembers.
#pragma once

#include "weft/detail/atomic.h"
#include "weft/detail/machine.h"

namespace weft::detail {

class LeafSection {
 public:
  LeafSection() noexcept {
    MachineHead* machine = current_machine();
    if (machine == nullptr) return;
    if (machine->inside.load(std::memory_order_relaxed)) return;  // nested
    machine->inside.store(true, std::memory_order_relaxed);
    compiler_barrier();  // partner: membarrier between the monitor's request store and its load of `inside`
    if (machine->request.load(std::memory_order_relaxed) != StealRequest::kNone) [[unlikely]]
      machine = enter_elsewhere();
    machine_ = machine;
  }
  ~LeafSection() {
    if (machine_ != nullptr) machine_->inside.store(false, std::memory_order_release);  // partner: the monitor's load
  }
  LeafSection(const LeafSection&) = delete;
  LeafSection& operator=(const LeafSection&) = delete;

 private:
  // On return the goroutine may run on another machine, inside its section. Static: `this` in a register does not
  // escape.
  [[gnu::noinline]] static MachineHead* enter_elsewhere() noexcept {
    enter_slow();
    return current_machine();
  }

  MachineHead* machine_ = nullptr;
};

}  // namespace weft::detail
