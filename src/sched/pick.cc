// Which goroutine is next, thoroughly: the scheduler loop's pick. The fast one is pick_local.h.
//
// ORDER      pinned work of this machine; each 61st time the poller and the global queue; runnext (not for ever while
//            the ring holds older work); the ring, oldest first; the global queue; due timers; the poller; the others'
//            rings; then idle
#include "sched/pick_local.h"
#include "sched/poller.h"
#include "sched/scheduler.h"

namespace weft::sched {

using detail::SpinGuard;

namespace {

constexpr std::uint32_t kGlobalEvery = 61;
constexpr std::uint32_t kTimersEvery = 16;
constexpr int kStealRounds = 4;

// The shared wheel too: no idle processor may ever come by to look at it.
void expire_own_timers(Processor& p) noexcept {
  p.timer_due.store(false, std::memory_order_relaxed);
  TimerWheel& shared = scheduler().shared_wheel;
  if (p.wheel.next_when() == detail::kNever && shared.next_when() == detail::kNever) return;
  const detail::MonotonicNanos now = detail::monotonic_now();
  if (p.wheel.next_when() <= now) p.wheel.expire(now);
  if (shared.next_when() <= now) shared.expire(now);
}

Goroutine* steal_round(Processor& thief, std::uint32_t count) noexcept {
  Scheduler& s = scheduler();
  const std::uint32_t start = detail::fast_random() % count;
  for (std::uint32_t i = 0; i < count; ++i) {
    Processor* victim = s.processors[(start + i) % count];
    if (victim == &thief || !victim->wants_help()) continue;
    if (Goroutine* g = victim->ring.steal_into(thief.ring)) {
      thief.steals_from_others.add();
      return g;
    }
  }
  return nullptr;
}

// At most about half of the busy processors search at a time: more would only burn the cores of those who work.
bool may_search(Machine& m) noexcept {
  if (m.searching) return true;
  Scheduler& s = scheduler();
  const std::uint32_t busy =
      s.max_procs.load(std::memory_order_relaxed) - s.idle_processor_count.load(std::memory_order_relaxed);
  if (2 * s.searching.load(std::memory_order_relaxed) >= busy) return false;
  m.searching = true;
  s.searching.fetch_add(1, std::memory_order_seq_cst);
  return true;
}

Goroutine* search(Machine& m) noexcept {
  Scheduler& s = scheduler();
  const std::uint32_t count = s.max_procs.load(std::memory_order_acquire);
  if (count == 1 || !may_search(m)) return nullptr;
  Processor& p = *processor_of(m);
  for (int round = 0; round < kStealRounds; ++round) {
    if (Goroutine* g = steal_round(p, count)) return g;
  }
  return nullptr;
}

// A searcher that found work. Whoever made something ready meanwhile left the wake-up to it [sched.P3].
void stop_searching(Machine& m) noexcept {
  if (!m.searching) return;
  m.searching = false;
  scheduler().searching.fetch_sub(1, std::memory_order_seq_cst);
  detail::fence_seq_cst();  // partner P2
  if (work_anywhere()) wake_searcher();
}

// Not before this machine has run what it was given the processor for, else two would pass it to and fro for ever; and
// not each time, else two pinned goroutines that wake each other would starve the ring.
bool may_serve_pinned_waiter(Machine& m) noexcept {
  constexpr std::uint32_t kMostStreak = 32;
  if (!m.has_run && m.pinned_ready.load(std::memory_order_relaxed) != 0) return false;
  return ++processor_of(m)->pinned_streak % kMostStreak != 0;
}

// Pause, a smaller max_procs, or a machine that waits for a processor. True: this machine gave its processor up.
bool attend(Machine& m) noexcept {
  Scheduler& s = scheduler();
  const std::uint32_t attention = s.attention.load(std::memory_order_acquire);
  if (attention == 0) return false;
  if ((attention & Scheduler::kPinnedWaiting) != 0 && may_serve_pinned_waiter(m) && serve_pinned_waiter(m)) return true;
  const bool surplus = processor_of(m)->index >= s.max_procs.load(std::memory_order_acquire);
  if ((attention & Scheduler::kPaused) == 0 && !surplus) return false;
  if (m.searching) {
    m.searching = false;
    s.searching.fetch_sub(1, std::memory_order_seq_cst);
  }
  {
    const SpinGuard guard(s.lock);
    release_processor_locked(m);
  }
  wake_searcher();  // what it held is in the global queue now
  return true;
}

// Pinned work comes first, but not for ever: one that only yields must not starve the rest.
Goroutine* find_pinned_in_turn(Machine& m) noexcept {
  constexpr std::uint32_t kMostInARow = 8;
  if (++m.pinned_in_a_row > kMostInARow) {
    m.pinned_in_a_row = 0;
    return nullptr;
  }
  return pop_pinned(m);
}

// Nobody sleeps there.
bool look_at_poller() noexcept { return poller_in_use() && poll_seat_is_free(scheduler()) && poll_now(); }

Goroutine* find(Machine& m) noexcept {
  if (Goroutine* g = find_pinned_in_turn(m)) return g;
  Processor& p = *processor_of(m);
  const std::uint32_t tick = ++p.schedule_tick;
  if (p.timer_due.load(std::memory_order_relaxed) || tick % kTimersEvery == 0) expire_own_timers(p);
  if (tick % kGlobalEvery == 0) {
    look_at_poller();
    if (Goroutine* g = take_global(m)) return g;
  }
  if (Goroutine* g = take_own(p)) return g;
  if (Goroutine* g = take_global(m)) return g;
  if (next_timer() != detail::kNever && run_due_timers(detail::monotonic_now()) > 0) {
    if (Goroutine* g = take_own(p)) return g;
  }
  if (poller_is_crowded() && look_at_poller()) {
    if (Goroutine* g = take_own(p)) return g;
  }
  if (Goroutine* g = pop_pinned(m)) return g;
  return search(m);
}

}  // namespace

Goroutine* pick(Machine& m) noexcept {
  while (true) {
    if (processor_of(m) == nullptr) stop_machine(m);
    if (attend(m)) continue;
    Goroutine* g = find(m);
    if (g == nullptr) {
      become_idle(m);
      continue;
    }
    stop_searching(m);
    if (!accept(m, g)) continue;
    m.has_run = true;
    return g;
  }
}

}  // namespace weft::sched
