// weft/detail/deadline.h: std::chrono durations and time points as MonotonicNanos, without overflow.
#pragma once

#include <chrono>
#include <ratio>
#include <type_traits>

#include "weft/detail/timer_node.h"

namespace weft::detail {

/// `d` in nanoseconds, rounded up, so that nobody is woken early; what does not fit in 292 years is cut to that.
template <class Rep, class Period>
constexpr MonotonicNanos saturated_nanos(std::chrono::duration<Rep, Period> d) noexcept {
  using NanosPerTick = std::ratio_divide<Period, std::nano>;
  constexpr long double kLimitNanos = 9.2e18L;
  const long double nanos = static_cast<long double>(d.count()) * NanosPerTick::num / NanosPerTick::den;
  if (nanos >= kLimitNanos) return kNever;
  if (nanos <= -kLimitNanos) return INT64_MIN;
  if constexpr (std::is_integral_v<Rep> && NanosPerTick::den == 1) {
    return static_cast<MonotonicNanos>(d.count()) * NanosPerTick::num;
  } else {
    if (!(nanos == nanos)) return 0;  // not a number
    const auto whole = static_cast<MonotonicNanos>(nanos);
    return static_cast<long double>(whole) < nanos ? whole + 1 : whole;
  }
}

constexpr MonotonicNanos saturated_sum(MonotonicNanos a, MonotonicNanos b) noexcept {
  MonotonicNanos sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? kNever : INT64_MIN;
}

/// When `d` from now will be over; kNever if that is out of reach.
template <class Rep, class Period>
MonotonicNanos deadline_after(std::chrono::duration<Rep, Period> d) noexcept {
  return saturated_sum(monotonic_now(), saturated_nanos(d));
}

/// When `at` will have come. A clock other than steady_clock is read once, now: later jumps of it do not count.
template <class Clock, class Duration>
MonotonicNanos deadline_at(std::chrono::time_point<Clock, Duration> at) {
  const MonotonicNanos when = saturated_nanos(at.time_since_epoch());
  if constexpr (std::is_same_v<Clock, std::chrono::steady_clock>) {
    return when;
  } else {
    if (when == kNever) return kNever;
    const MonotonicNanos clock_now = saturated_nanos(Clock::now().time_since_epoch());
    return saturated_sum(monotonic_now(), saturated_sum(when, -clock_now));
  }
}

/// A reading of the monotonic clock as the standard library's time point.
constexpr std::chrono::steady_clock::time_point to_time_point(MonotonicNanos when) noexcept {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::nanoseconds(when)));
}

}  // namespace weft::detail
