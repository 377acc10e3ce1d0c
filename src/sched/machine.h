// A machine: an OS thread that runs goroutines while it holds a processor.
//
// Its own stack is where the scheduler loop runs (Go's g0); goroutines switch to each other directly while the next one
// is at hand, and to the loop when there is something to think about. Never freed: the monitor and the dump look at
// any.
#pragma once

#include <cstdint>

#include "sched/goroutine_queue.h"
#include "weft/detail/machine.h"

namespace weft::sched {

using detail::Processor;

/// What is to be done about the context that was just left, on the stack arrived at. See switch.cc.
enum class AfterSwitch : std::uint8_t { kNothing, kParked, kToRing, kToGlobal, kFinished };

struct alignas(64) Machine : detail::MachineHead {
  // own thread only
  Goroutine scheduler;        // the context of this thread's own stack
  Goroutine* left = nullptr;  // the context that was just left, and what to do about it
  AfterSwitch after = AfterSwitch::kNothing;
  detail::ParkCommit commit = nullptr;
  void* commit_argument = nullptr;
  detail::ExceptionState* exceptions = nullptr;  // this thread's __cxa_get_globals()
  int* errno_address = nullptr;
  std::uint32_t pinned_in_a_row = 0;
  bool searching = false;  // counted in Scheduler::searching
  bool has_run = false;    // something, since it has its processor

  // under the scheduler's lock
  Machine* idle_next = nullptr;
  bool idle = false;
  Processor* given = nullptr;  // the processor handed over with the wake-up
  bool given_searching = false;
  GoroutineQueue pinned_queue;       // ready goroutines that are pinned to this machine
  bool waits_for_processor = false;  // it has pinned work and no processor: in Scheduler::pinned_waiting
  Machine* pinned_waiting_next = nullptr;

  // anybody
  detail::Atomic<std::uint32_t> wake_word{0};         // the futex it sleeps on
  detail::Atomic<bool> in_poller{false};              // it sleeps there instead, or is about to; see [poll.I3]
  detail::Atomic<std::uint32_t> pinned_ready{0};      // length of pinned_queue; written under the lock
  detail::Atomic<Goroutine*> exclusive_pin{nullptr};  // runs only this goroutine
  detail::Atomic<std::uint32_t> pinned_here{0};       // goroutines pinned to it, so it declines long-runners
  detail::Atomic<bool> in_blocking{false};            // inside weft::blocking: known to block
  detail::Atomic<bool> asked_to_yield{false};         // by the monitor: its goroutine has had more than a slice
  std::int32_t thread_id = 0;

  // the monitor's notes
  std::int64_t seen_switches = -1;   // of its processor
  std::int64_t seen_cpu_nanos = -1;  // the thread's CPU time at the first look that found work waiting

  // preempt.h
  detail::Atomic<std::uint32_t> hold{0};
  detail::Atomic<bool> spins_detached{false};  // the monitor's
  std::uint64_t turn = 0;                      // the monitor's, as what follows
  bool blocked_detached = false;
  std::int64_t seen_cpu_detached = 0;  // its CPU time at the last look

  Machine* all_next = nullptr;  // Scheduler::machines; set once
};

/// The calling thread's machine; call inside a section on a machine's thread.
inline Machine& this_machine() noexcept { return *static_cast<Machine*>(detail::current_machine()); }
inline Processor* processor_of(Machine& machine) noexcept { return machine.p.load(std::memory_order_relaxed); }

}  // namespace weft::sched
