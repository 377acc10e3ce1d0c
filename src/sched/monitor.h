// The monitor (Go's sysmon): a thread without a processor that sees to what running goroutines cannot.
//
//   takes the processor of a machine that blocks or spins in user code while work waits (steal_request.h)
//   wakes a machine for a timer that nobody else would notice, keeps the coarse clock, gives stack pages back
//   reports a deadlock, prints the dump that SIGQUIT asked for, has max_procs follow the container's limit
// It sleeps for as long as nothing waits behind user code: a parked program wakes nobody, and one
// long computation once a second, for the limit.
#pragma once

#include <cstdint>

#include "sched/machine.h"

namespace weft::sched {

void start_monitor();

/// Whether the caller is the monitor's thread. A system call.
bool on_monitor() noexcept;

/// Takes every processor that user code holds: used to pause. Any thread.
void take_all_processors() noexcept;

/// Makes the monitor print the dump and end the process with code 2. Async-signal-safe.
void request_quit_dump() noexcept;

/// Runs `work(argument)` on the monitor's thread and waits for it, at most `nanos`. Async-signal-safe. False: too late.
bool run_on_monitor(void (*work)(void*) noexcept, void* argument, std::int64_t nanos) noexcept;

struct MonitorCounters {
  std::uint64_t handoffs_blocked, handoffs_spinning, wakeups;
};
MonitorCounters monitor_counters() noexcept;

/// In the child of a fork the thread is gone; it is made anew when it is first woken.
void reset_monitor_after_fork() noexcept;

}  // namespace weft::sched
