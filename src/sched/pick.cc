// Which goroutine is next: the owner's fast pick, and the scheduler loop's thorough one.
//
// ORDER      pinned work of this machine; each 61st time the global queue; runnext (at most kMostStreak in a row while the
//            ring holds older work); the ring, oldest first; the global queue; due timers; the others' rings; then idle
#include <algorithm>

#include "os/clock.h"
#include "sched/scheduler.h"

namespace weft::sched {

using detail::SpinGuard;

namespace {

constexpr std::uint32_t kGlobalEvery = 61;
constexpr std::uint32_t kTimersEvery = 16;
constexpr std::uint32_t kMostStreak = 32;
constexpr int kStealRounds = 4;

Goroutine* take_runnext(Processor& p) noexcept {
  Goroutine* g = p.runnext.load(std::memory_order_relaxed);
  if (g == nullptr) return nullptr;
  if (++p.runnext_streak > kMostStreak && !p.ring.empty()) {
    p.runnext_streak = 0;
    p.runnext.store(nullptr, std::memory_order_relaxed);
    if (p.ring.push(g)) return p.ring.pop();
    p.runnext.store(g, std::memory_order_relaxed);
  }
  p.runnext.store(nullptr, std::memory_order_relaxed);
  return g;
}

Goroutine* take_own(Processor& p) noexcept {
  if (Goroutine* g = take_runnext(p)) return g;
  p.runnext_streak = 0;
  return p.ring.pop();
}

void expire_own_timers(Processor& p) noexcept {
  p.timer_due.store(false, std::memory_order_relaxed);
  if (p.wheel.next_when() != detail::kNever) p.wheel.expire(detail::monotonic_now());
}

Goroutine* steal_round(Processor& thief, std::uint32_t count) noexcept {
  Scheduler& s = scheduler();
  const std::uint32_t start = detail::fast_random() % count;
  for (std::uint32_t i = 0; i < count; ++i) {
    Processor* victim = s.processors[(start + i) % count];
    if (victim == &thief) continue;
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
  const std::uint32_t busy = s.max_procs.load(std::memory_order_relaxed) - s.idle_processor_count.load(std::memory_order_relaxed);
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

// A searcher that found work: the next one may be needed, since it counted for whoever was made ready meanwhile.
void stop_searching(Machine& m) noexcept {
  if (!m.searching) return;
  m.searching = false;
  scheduler().searching.fetch_sub(1, std::memory_order_seq_cst);
  wake_searcher();
}

// Pause, a smaller max_procs, or a machine that waits for a processor. True: this machine gave its processor up.
bool attend(Machine& m) noexcept {
  Scheduler& s = scheduler();
  const std::uint32_t attention = s.attention.load(std::memory_order_acquire);
  if (attention == 0) return false;
  if ((attention & Scheduler::kPinnedWaiting) != 0 && serve_pinned_waiter(m)) return true;
  const bool surplus = processor_of(m)->index >= s.max_procs.load(std::memory_order_acquire);
  if ((attention & Scheduler::kPaused) == 0 && !surplus) return false;
  if (m.searching) {
    m.searching = false;
    s.searching.fetch_sub(1, std::memory_order_seq_cst);
  }
  const SpinGuard guard(s.lock);
  release_processor_locked(m);
  return true;
}

Goroutine* find(Machine& m) noexcept {
  if (Goroutine* g = pop_pinned(m)) return g;
  Processor& p = *processor_of(m);
  const std::uint32_t tick = ++p.schedule_tick;
  if (p.timer_due.load(std::memory_order_relaxed) || tick % kTimersEvery == 0) expire_own_timers(p);
  if (tick % kGlobalEvery == 0) {
    if (Goroutine* g = take_global(m)) return g;
  }
  if (Goroutine* g = take_own(p)) return g;
  if (Goroutine* g = take_global(m)) return g;
  if (next_timer() != detail::kNever && run_due_timers(detail::monotonic_now()) > 0) {
    if (Goroutine* g = take_own(p)) return g;
  }
  return search(m);
}

}  // namespace

Goroutine* pick_local(Machine& m) noexcept {
  Processor& p = *processor_of(m);
  const std::uint32_t tick = p.schedule_tick + 1;
  if (tick % kTimersEvery == 0 || tick % kGlobalEvery == 0 || p.timer_due.load(std::memory_order_relaxed) ||
      scheduler().attention.load(std::memory_order_relaxed) != 0 || m.pinned_here.load(std::memory_order_relaxed) != 0) {
    return nullptr;
  }
  Goroutine* g = take_own(p);
  if (g == nullptr) return nullptr;
  if (g->pinned_to != nullptr) {
    p.runnext.store(g, std::memory_order_relaxed);  // take_own left it empty or took from it
    return nullptr;
  }
  p.schedule_tick = tick;
  return g;
}

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
    if (accept(m, g)) return g;
  }
}

}  // namespace weft::sched
