// The queue of ready goroutines that every processor takes from: where the backlog of an overload stands.
//
// ORDER      Woken goroutines first, in their order: they have used up memory and their caller's patience already, so
//            that finishing what was begun comes before beginning more. Those that gave their turn up, in theirs.
//            Spawned ones in theirs too, until the queue of them has stood for kStanding without once being empty: then
//            the newest first. Who waited that long has likely been given up on; with the oldest first everybody waits
//            as long as that, and a server at its limit answers nobody in time (lab scenario 2, above capacity).
// INVARIANTS [global.I1] nobody starves: of kWokenTurns goroutines taken one is no woken one, of those every second is
//                        a yielded one, and of kNewestTurns spawned ones taken one is the oldest, while there are any
// LOCKS      the scheduler's
// SOURCE     adaptive LIFO, and the standing queue as the sign of overload: Maurer, "Fail at Scale", ACM Queue 13(8)
//            2015; Nichols & Jacobson, "Controlling Queue Delay", ACM Queue 10(5) 2012
#pragma once

#include "sched/goroutine_queue.h"

namespace weft::sched {

class GlobalQueue {
 public:
  static constexpr std::uint32_t kWokenTurns = 4;
  static constexpr std::uint32_t kNewestTurns = 64;
  static constexpr detail::MonotonicNanos kStanding = 50'000'000;

  /// `now` may be some milliseconds late.
  void push(Goroutine* g, detail::MonotonicNanos now) noexcept {
    switch (g->arrival) {
      case detail::Arrival::kSpawned:
        if (spawned_.empty()) stands_since_ = now;
        spawned_.push_newest(g);
        break;
      case detail::Arrival::kYielded:
        yielded_.push(g);
        break;
      case detail::Arrival::kWoken:
        woken_.push(g);
        break;
    }
    ++count_;
  }

  /// Null when empty.
  Goroutine* pop(detail::MonotonicNanos now) noexcept {
    if (count_ == 0) return nullptr;
    --count_;
    const bool woken_first = ++turn_ % kWokenTurns != 0;
    if (woken_first && !woken_.empty()) return woken_.pop();
    const bool yielded_first = turn_ / kWokenTurns % 2 != 0;
    if (!yielded_.empty() && (yielded_first || spawned_.empty())) return yielded_.pop();
    if (!spawned_.empty()) return pop_spawned(now);
    return woken_.pop();
  }

  std::uint32_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }

 private:
  Goroutine* pop_spawned(detail::MonotonicNanos now) noexcept {
    const bool stands = now - stands_since_ > kStanding;
    return stands && ++spawned_turn_ % kNewestTurns != 0 ? spawned_.pop_newest() : spawned_.pop_oldest();
  }

  GoroutineQueue woken_;
  GoroutineQueue yielded_;
  GoroutineDeque spawned_;
  detail::MonotonicNanos stands_since_ = 0;  // when spawned_ was last empty
  std::uint32_t count_ = 0;
  std::uint32_t turn_ = 0;
  std::uint32_t spawned_turn_ = 0;
};

}  // namespace weft::sched
