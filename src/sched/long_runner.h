// Who computed for long while others waited: the stacks of the last few such goroutines, for the dump and schedtrace.
//
// When the monitor has judged a goroutine a spinner it sets a timer on the CPU time of its thread, at most one a second
// in the process. The timer's signal finds the thread computing, so no system call of the user's is cut short
// (os/cpu_timer.h); the handler walks the stack if the goroutine has not come by since. What it found is collected in
// the monitor's next round, or by the dump.
//
//   the_request.state   kNone -> kAsked (the monitor) -> kAnswering -> kAnswered (the handler) -> kNone (the collector)
//                       kAsked -> kNone (the collector, when the goroutine has come by: a later signal is ignored)
//
// REJECTED   SIGURG by tgkill() to a thread that /proc shows as running: of 3,307 signals to threads that alternate
//            short spins and sleeps of microseconds, 2,054 ended a nanosleep() or ppoll() with EINTR; of 1,285 by a
//            CPU timer, none
#pragma once

#include "sched/machine.h"

namespace weft::sched {

/// The monitor's: it has just taken the processor of `m`, whose goroutine `g` computes without coming by.
void ask_long_runner(const Machine& m, const Goroutine& g, detail::MonotonicNanos now) noexcept;

/// The monitor's, once a round: takes an answer, and prints a line on it under WEFT_DEBUG=schedtrace.
void see_to_long_runner() noexcept;

/// The signal's handler: true when `value`, what the timer carries, is ours.
bool answer_long_runner(const void* value) noexcept;

/// "long runners seen lately:" and their stacks, the latest first; nothing if there are none. From any thread.
void write_long_runners(int fd);

/// In the child of a fork() the timer is gone.
void reset_long_runners_after_fork() noexcept;

/// How often one is recorded at most; a second.
void set_long_runner_period_for_testing(detail::MonotonicNanos period) noexcept;

}  // namespace weft::sched
