// weft/detail/leaf_section.h: a Section that never parks, for fast paths of a few nanoseconds.
//
// A Section reads its machine's tick again on the way out, since it may have parked; that load waits for the store of
// the way
// in. Four of them in a row (get and put of a pool) are a chain of memory round trips, longer than the work they guard.
#pragma once

#include <cstdint>

#include "weft/detail/atomic.h"
#include "weft/detail/machine.h"

namespace weft::detail {

class LeafSection {
 public:
  LeafSection() noexcept {
    MachineHead* machine = current_machine();
    if (machine == nullptr) return;
    std::uint64_t tick = machine->tick.load(std::memory_order_relaxed);
    if ((tick & 1) != 0) return;  // nested
    machine->tick.store(++tick, std::memory_order_relaxed);
    compiler_barrier();  // partner: membarrier between the monitor's request store and its tick load
    if (machine->request.load(std::memory_order_relaxed) != StealRequest::kNone) [[unlikely]] {
      machine = enter_elsewhere();
      tick = machine->tick.load(std::memory_order_relaxed);
    }
    machine_ = machine;
    tick_ = tick;
  }
  ~LeafSection() {
    if (machine_ != nullptr) machine_->tick.store(tick_ + 1, std::memory_order_release);  // partner: the monitor's load
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
  std::uint64_t tick_ = 0;
};

}  // namespace weft::detail
