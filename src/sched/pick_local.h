// The owner's pick: what every park, yield and end of a goroutine does first. Inline, for it is half of a switch.
#pragma once

#include "sched/scheduler.h"

namespace weft::sched {

/// runnext first, but not for ever: a pair that wakes each other must not starve the ring behind it.
inline Goroutine* take_runnext(Processor& p) noexcept {
  constexpr std::uint32_t kMostStreak = 32;
  Goroutine* g = p.runnext.load(std::memory_order_relaxed);
  if (g == nullptr) return nullptr;
  p.runnext.store(nullptr, std::memory_order_relaxed);
  if (++p.runnext_streak > kMostStreak && !p.ring.empty() && p.ring.push(g)) {
    p.runnext_streak = 0;
    return p.ring.pop();
  }
  return g;
}

inline Goroutine* take_own(Processor& p) noexcept {
  if (Goroutine* g = take_runnext(p)) return g;
  p.runnext_streak = 0;
  return p.ring.pop();
}

/// runnext or the ring; null when the scheduler loop should decide: nothing here, something to attend to, pinned work,
/// or every so many picks the look at the timers and at the global queue.
inline Goroutine* pick_local(Machine& m) noexcept {
  constexpr std::uint32_t kLookEvery = 16;
  Processor& p = *processor_of(m);
  Scheduler& s = scheduler();
  if (--p.picks_to_look == 0) {
    p.picks_to_look = kLookEvery;
    if (p.wheel.next_when() != detail::kNever || s.global_count.load(std::memory_order_relaxed) != 0) return nullptr;
  }
  if (p.timer_due.load(std::memory_order_relaxed) || s.attention.load(std::memory_order_relaxed) != 0 ||
      m.pinned_here.load(std::memory_order_relaxed) != 0) {
    return nullptr;
  }
  Goroutine* g = take_own(p);
  if (g == nullptr || g->pinned_to.load(std::memory_order_relaxed) == nullptr) return g;
  p.runnext.store(g, std::memory_order_relaxed);  // empty by now: take_own looks there first
  return nullptr;
}

}  // namespace weft::sched
