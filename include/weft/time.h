// weft/time.h: sleep_for, sleep_until; after, tick, Timer, Ticker; after_func.
// Not here: deadlines of a piece of work (with_timeout in context.h), on_timeout (select.h). Guide: docs/guide/time.md
//
// One clock: the monotonic one, std::chrono::steady_clock. Nothing fires early. Durations below zero count as zero,
// those too long for the clock as for ever.
#pragma once

#include <chrono>
#include <system_error>
#include <type_traits>
#include <utility>

#include "weft/chan.h"
#include "weft/context.h"
#include "weft/detail/deadline.h"
#include "weft/detail/spawn.h"
#include "weft/detail/timer_state.h"

namespace weft {

using time_point = std::chrono::steady_clock::time_point;

namespace detail {
void sleep_until_nanos(MonotonicNanos when) noexcept;
void sleep_until_nanos(MonotonicNanos when, const Context& ctx, std::error_code& ec) noexcept;
void sleep_until_nanos(MonotonicNanos when, const Context& ctx);
[[noreturn]] void throw_bad_period(const char* where, MonotonicNanos period);

template <class Rep, class Period>
MonotonicNanos checked_period(const char* where, std::chrono::duration<Rep, Period> period) {
  const MonotonicNanos nanos = saturated_nanos(period);
  if (nanos <= 0) throw_bad_period(where, nanos);
  return nanos;
}
}  // namespace detail

/// Sleeps at least `duration`; returns at once if it is not above zero.
///
/// Blocking       the goroutine, never its thread; from a plain thread, the thread
/// Cost           no allocation
template <class Rep, class Period>
void sleep_for(std::chrono::duration<Rep, Period> duration) {
  if (duration > duration.zero()) detail::sleep_until_nanos(detail::deadline_after(duration));
}
/// The same, or until `ctx` is done: then `ec` says why, else it is clear.
template <class Rep, class Period>
void sleep_for(std::chrono::duration<Rep, Period> duration, const Context& ctx, std::error_code& ec) {
  detail::sleep_until_nanos(detail::deadline_after(duration), ctx, ec);
}
/// The same; throws std::system_error where the other reports an error.
template <class Rep, class Period>
void sleep_for(std::chrono::duration<Rep, Period> duration, const Context& ctx) {
  detail::sleep_until_nanos(detail::deadline_after(duration), ctx);
}

/// Sleeps until `when` has come. A clock other than steady_clock is read once: its later jumps do not count.
template <class Clock, class Duration>
void sleep_until(std::chrono::time_point<Clock, Duration> when) {
  detail::sleep_until_nanos(detail::deadline_at(when));
}
template <class Clock, class Duration>
void sleep_until(std::chrono::time_point<Clock, Duration> when, const Context& ctx, std::error_code& ec) {
  detail::sleep_until_nanos(detail::deadline_at(when), ctx, ec);
}
template <class Clock, class Duration>
void sleep_until(std::chrono::time_point<Clock, Duration> when, const Context& ctx) {
  detail::sleep_until_nanos(detail::deadline_at(when), ctx);
}

/// A channel that gets the time once, `duration` from now. The timer goes with the last handle to the channel.
template <class Rep, class Period>
[[nodiscard]] RecvChan<time_point> after(std::chrono::duration<Rep, Period> duration) {
  return detail::ChanAccess::adopt<RecvChan<time_point>>(detail::ChanTimer::make(detail::deadline_after(duration), 0));
}

/// A channel that gets the time every `period`. A tick that nobody has received is not repeated. The ticker goes with
/// the last handle to the channel. Usage faults: usage_error for a period that is not above zero.
template <class Rep, class Period>
[[nodiscard]] RecvChan<time_point> tick(std::chrono::duration<Rep, Period> period) {
  const detail::MonotonicNanos nanos = detail::checked_period("weft::tick", period);
  return detail::ChanAccess::adopt<RecvChan<time_point>>(
      detail::ChanTimer::make(detail::deadline_after(period), nanos));
}

namespace detail {

/// What Timer and Ticker have in common. Move-only; the timer is stopped when it goes.
class ChanTimerHandle {
 public:
  ChanTimerHandle(ChanTimerHandle&& o) noexcept : state_(std::exchange(o.state_, nullptr)) {}
  ChanTimerHandle& operator=(ChanTimerHandle o) noexcept {
    std::swap(state_, o.state_);
    return *this;
  }

  /// Where the time comes. Handles may outlive the timer; nothing comes any more then.
  RecvChan<time_point> chan() const noexcept { return ChanAccess::share<RecvChan<time_point>>(state_); }

 protected:
  explicit ChanTimerHandle(ChanTimer* adopted) noexcept : state_(adopted) {}
  ~ChanTimerHandle() {
    if (state_ == nullptr) return;
    state_->stop();
    state_->release();
  }
  ChanTimer* state_;
};

}  // namespace detail

/// One value, once, on a channel. May be stopped and reset from anywhere.
///
/// Ordering       once stop() or reset() has returned, no value of before it is received any more
class [[nodiscard]] Timer : public detail::ChanTimerHandle {
 public:
  template <class Rep, class Period>
  explicit Timer(std::chrono::duration<Rep, Period> duration)
      : ChanTimerHandle(detail::ChanTimer::make(detail::deadline_after(duration), 0)) {}

  /// Disarms. Returns true if that prevented a value from being received.
  bool stop() noexcept { return state_ != nullptr && state_->stop(); }

  /// Disarms and starts again: a value comes `duration` from now. Returns what stop() would.
  template <class Rep, class Period>
  bool reset(std::chrono::duration<Rep, Period> duration) noexcept {
    return state_ != nullptr && state_->reset(detail::deadline_after(duration), 0);
  }
};

/// A value every period on a channel; a tick that nobody has received is not repeated, and late ones do not pile up.
///
/// Usage faults   usage_error for a period that is not above zero
/// Ordering       as Timer
class [[nodiscard]] Ticker : public detail::ChanTimerHandle {
 public:
  template <class Rep, class Period>
  explicit Ticker(std::chrono::duration<Rep, Period> period) : Ticker(detail::checked_period("weft::Ticker", period)) {}

  void stop() noexcept {
    if (state_ != nullptr) state_->stop();
  }

  /// The next tick comes `period` from now, then every `period`.
  template <class Rep, class Period>
  void reset(std::chrono::duration<Rep, Period> period) {
    const detail::MonotonicNanos nanos = detail::checked_period("weft::Ticker::reset", period);
    if (state_ != nullptr) state_->reset(detail::saturated_sum(detail::monotonic_now(), nanos), nanos);
  }

 private:
  explicit Ticker(detail::MonotonicNanos period)
      : ChanTimerHandle(detail::ChanTimer::make(detail::saturated_sum(detail::monotonic_now(), period), period)) {}
};

/// The timer that after_func() started. A shared handle; dropping it stops nothing.
class FunctionTimer {
 public:
  FunctionTimer(const FunctionTimer& o) noexcept : state_(o.state_) { state_->retain(); }
  FunctionTimer& operator=(const FunctionTimer& o) noexcept {
    o.state_->retain();
    state_->release();
    state_ = o.state_;
    return *this;
  }
  ~FunctionTimer() { state_->release(); }

  /// Disarms. True: a start of the function was prevented. Does not wait for one that runs.
  bool stop() noexcept { return state_->stop(); }

  /// Disarms and starts again: the function runs `duration` from now (once more, if it ran before). Returns what stop()
  /// would.
  template <class Rep, class Period>
  bool reset(std::chrono::duration<Rep, Period> duration) noexcept {
    return state_->reset(detail::deadline_after(duration));
  }

 private:
  template <class Rep, class Period, class F>
  friend FunctionTimer after_func(std::chrono::duration<Rep, Period> duration, F&& f);
  explicit FunctionTimer(detail::FunctionTimerState* adopted) noexcept : state_(adopted) {}
  detail::FunctionTimerState* state_;
};

/// Runs `f` on a goroutine of its own, `duration` from now. An exception that leaves it ends the process, as with
/// weft::go.
///
/// Usage faults   usage_error for an empty function
template <class Rep, class Period, class F>
FunctionTimer after_func(std::chrono::duration<Rep, Period> duration, F&& f) {
  detail::require_callable(f, "weft::after_func");
  auto* state = new detail::FunctionTimerOf<std::decay_t<F>>(std::forward<F>(f));
  state->start(detail::deadline_after(duration));
  return FunctionTimer(state);
}

}  // namespace weft
