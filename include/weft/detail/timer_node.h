// weft/detail/timer_node.h: one intrusive timer; the wheel it sits in allocates nothing.
#pragma once

#include <cstdint>

#include "weft/detail/atomic.h"

namespace weft::detail {

/// Nanoseconds on the monotonic clock (std::chrono::steady_clock's epoch).
using MonotonicNanos = std::int64_t;
inline constexpr MonotonicNanos kNever = INT64_MAX;

/// Lives in its user's frame or object. Armed at most once at a time; must be cancelled or have fired before it goes.
struct TimerNode {
  /// Runs on some machine's scheduler stack with no lock held: may call ready(), must not block, park or throw.
  using Fire = void (*)(TimerNode*) noexcept;

  Fire fire = nullptr;
  MonotonicNanos when = 0;

  // the wheel's own
  TimerNode* prev = nullptr;
  TimerNode* next = nullptr;
  Atomic<void*> wheel{nullptr};  // written under that wheel's lock; null: in none; itself: on its way to another
  Atomic<std::uint32_t> firing{
      0};  // callbacks under way (a second if the first armed it anew); cancel() waits for them
  std::uint16_t slot = 0;
};

/// Now, as armed timers count it.
MonotonicNanos monotonic_now() noexcept;

/// Arms `timer` to fire at `when` (in the past: at once), never early. O(1), no allocation.
void timer_arm(TimerNode& timer, MonotonicNanos when) noexcept;

/// Disarms. True: it had not fired and will not. False: it has fired (its callback has returned by now) or was not
/// armed. Do not call with a lock held that the callback takes. O(1).
bool timer_cancel(TimerNode& timer) noexcept;

}  // namespace weft::detail
