// weft/detail/machine.h: who am I? The current machine, and the sections in which its processor cannot be taken away.
//
// User code holds its processor loosely: the monitor may take it at any moment. Code that touches runtime state does so
// in a Section. Entering is a plain store of a flag, a compiler barrier and a load of the request word; the monitor
// pays for the missing fence with membarrier(2). See src/sched/README.md, "taking a processor away".
//
//   inside    written by its machine; read by the monitor and by signal handlers. A flag and not a count: a count would
//             have each entry wait for the store of the last exit, 4 ns a channel operation
//   request   CAS by the monitor (kNone->kRequested->kTaken) and by the machine's slow path (back to kNone)
//   p         written by its machine inside a section, and by the monitor once it has set kTaken
//   g         written by its machine; read by anybody for the dump
#pragma once

#include <cstdint>

#include "weft/detail/atomic.h"

namespace weft::detail {

struct Goroutine;
struct Processor;

enum class StealRequest : std::uint32_t { kNone, kRequested, kTaken };

/// The part of a machine that inlined code touches; src/sched/machine.h derives the rest. Never freed.
struct MachineHead {
  Atomic<bool> inside{true};
  Atomic<StealRequest> request{StealRequest::kNone};
  Atomic<Processor*> p{nullptr};
  Atomic<Goroutine*> g{nullptr};
  std::uint32_t index = 0;  // dense, from 0; written before the machine runs
  int processor_index = 0;  // of `p`, by its own thread; what it says without one means nothing
};

extern "C" constinit thread_local MachineHead* weft_current_machine
    __attribute__((tls_model("initial-exec"), visibility("default")));

/// This thread's machine, or null on a thread that is not weft's.
///
/// Compilers keep the address of a thread_local across a context switch; volatile asm cannot be kept, so after a park
/// this reads the slot of the thread the goroutine then runs on. Re-read it after everything that may park.
inline MachineHead* current_machine() noexcept {
  MachineHead* machine;
#if defined(__x86_64__)
  asm volatile("movq weft_current_machine@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(machine));
#elif defined(__aarch64__)
  MachineHead** slot;
  asm volatile(
      "adrp %1, :gottprel:weft_current_machine\n\tldr %1, [%1, :gottprel_lo12:weft_current_machine]\n\t"
      "mrs %0, tpidr_el0\n\tldr %0, [%0, %1]"
      : "=&r"(machine), "=&r"(slot));
#else
  machine = current_machine_slow();
#endif
  return machine;
}

/// The slow entry: the monitor asked for this machine's processor or took it. On return the caller runs with a
/// processor, perhaps on another machine.
void enter_slow() noexcept;

/// The index of the caller's processor in [0, kMaxProcessors), or -1 on a plain thread. Valid inside the Section only.
inline int processor_index() noexcept {
  const MachineHead* machine = current_machine();
  return machine == nullptr ? -1 : machine->processor_index;
}

/// Ends the section that the calling goroutine is in, on the machine that it runs on now.
inline void leave_runtime() noexcept {
  current_machine()->inside.store(false, std::memory_order_release);  // partner: the monitor's acquire load
}

/// A stretch of runtime code: the processor stays with the machine, no signal handler of weft suspends it.
///
/// Sections nest (the inner one is free) and may contain a park: the goroutine then leaves on the machine it resumed
/// on. On a plain thread a section is nothing. Keep it short: no blocking call, no allocation where it can be avoided.
class Section {
 public:
  Section() noexcept {
    MachineHead* machine = current_machine();
    if (machine == nullptr) return;
    if (machine->inside.load(std::memory_order_relaxed)) return;
    outermost_ = true;
    machine->inside.store(true, std::memory_order_relaxed);
    compiler_barrier();  // partner: membarrier between the monitor's request store and its load of `inside`
    if (machine->request.load(std::memory_order_relaxed) != StealRequest::kNone) [[unlikely]]
      enter_slow();
  }
  ~Section() {
    if (outermost_) leave_runtime();
  }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

 private:
  bool outermost_ = false;
};

}  // namespace weft::detail
