// The product's timers in the explorer's world: the real wheel, arm and cancel; a clock that rings at any moment.
#pragma once

#include "sched/timer_wheel.cc"
#include "sched/timers.cc"

#include <memory>

#include "explorer/model.h"
#include "weft/detail/park.h"

namespace weft::sched {
constinit Scheduler the_scheduler;

namespace {
int clock_thread = -1;
}

// The monitor never sleeps here.
void wake_monitor() noexcept {}
void wake_monitor_soon() noexcept {}
void wake_monitor_by(detail::MonotonicNanos) noexcept {}
/// A wheel's earliest timer came nearer: the clock will run what is due, some time from now.
void notice_timer(detail::MonotonicNanos) noexcept { model::ready(clock_thread); }

}  // namespace weft::sched

namespace model {

/// From setup, with the number that the clock's thread will have. One timer at a time may be armed anew.
inline void add_clock(int thread) {
  std::destroy_at(&weft::sched::the_scheduler);
  ::new (&weft::sched::the_scheduler) weft::sched::Scheduler;
  weft::sched::clock_thread = thread;
  daemon("clock", [] {
    while (true) {
      park();
      weft::sched::run_due_timers(weft::detail::kNever - 1);
    }
  });
}

/// A moment that has come when the clock rings and has not come before.
inline constexpr weft::detail::MonotonicNanos kLater = weft::detail::kNever / 2;

}  // namespace model
