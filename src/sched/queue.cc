// Where ready goroutines go: runnext, a processor's ring, the global queue.
#include "sched/scheduler.h"

namespace weft::sched {

using detail::SpinGuard;

namespace {

void push_global_locked(Goroutine* g, detail::MonotonicNanos now) noexcept {
  Scheduler& s = scheduler();
  s.global.push(g, now);
  s.global_count.store(s.global.count(), std::memory_order_relaxed);
}

// The ring is full: half of it and `g` go to the global queue, where everybody finds them.
void overflow_to_global(Processor& p, Goroutine* g) noexcept {
  Goroutine* half[Processor::kRingSlots / 2];
  const std::uint32_t count = p.ring.take_half(half);
  const detail::MonotonicNanos now = coarse_now();
  const SpinGuard guard(scheduler().lock);
  for (std::uint32_t i = 0; i < count; ++i) push_global_locked(half[i], now);
  push_global_locked(g, now);
}

}  // namespace

void push_ring_quietly(Processor& p, Goroutine* g) noexcept {
  if (!p.ring.push(g)) overflow_to_global(p, g);
}

void push_runnext(Machine& m, Goroutine* g) noexcept {
  Processor& p = *processor_of(m);
  Goroutine* before = p.runnext.load(std::memory_order_relaxed);
  p.runnext.store(g, std::memory_order_relaxed);
  notice_work();
  if (before != nullptr) push_ring(m, before);
}

void push_ring(Machine& m, Goroutine* g) noexcept {
  Processor& p = *processor_of(m);
  push_ring_quietly(p, g);
  notice_work();
  if (p.wants_help()) wake_searcher();
}

void push_global(Goroutine* g) noexcept {
  const detail::MonotonicNanos now = coarse_now();
  {
    const SpinGuard guard(scheduler().lock);
    push_global_locked(g, now);
  }
  notice_work();
  wake_searcher();
}

Goroutine* take_global(Machine& m) noexcept {
  Scheduler& s = scheduler();
  if (s.global_count.load(std::memory_order_relaxed) == 0) return nullptr;
  Processor& p = *processor_of(m);
  const detail::MonotonicNanos now = coarse_now();
  const SpinGuard guard(s.lock);
  Goroutine* first = s.global.pop(now);
  if (first == nullptr) return nullptr;
  const std::uint32_t share = s.global.count() / s.max_procs.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < share && i < Processor::kRingSlots / 2; ++i) {
    if (p.ring.size() == Processor::kRingSlots) break;  // thieves only make room
    Goroutine* g = s.global.pop(now);
    if (g == nullptr) break;
    p.ring.push(g);
  }
  s.global_count.store(s.global.count(), std::memory_order_relaxed);
  return first;
}

void empty_runnext_into_global_locked(Processor& p) noexcept {
  if (Goroutine* g = p.runnext.exchange(nullptr, std::memory_order_relaxed)) push_global_locked(g, coarse_now());
}

void empty_into_global_locked(Processor& p) noexcept {
  empty_runnext_into_global_locked(p);
  while (Goroutine* g = p.ring.pop()) push_global_locked(g, coarse_now());
}

}  // namespace weft::sched
