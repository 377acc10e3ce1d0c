#include "sched/preempt.h"

#include <algorithm>
#include <utility>

#include "os/clock.h"
#include "os/futex.h"
#include "os/thread.h"
#include "sched/scheduler.h"
#include "sched/thread_signal.h"

namespace weft::sched {
namespace {

constexpr std::uint32_t kFree = 0, kAsked = 1, kHeld = 2;
constexpr detail::MonotonicNanos kTurnNanos = 10'000'000;
constexpr detail::MonotonicNanos kBlockedLook = 20'000'000;
constexpr std::int64_t kComputes = 1'000'000;  // CPU time from one look to the next

// the monitor's own
detail::MonotonicNanos next_turn = 0;
detail::MonotonicNanos next_look = detail::kNever;  // at those who were blocked
std::uint64_t turns = 0;

bool runs_without_processor(const Machine& m) noexcept {
  return m.request.load(std::memory_order_acquire) == detail::StealRequest::kTaken &&
         !m.in_blocking.load(std::memory_order_relaxed);
}

template <class Visit>
void for_each_spinner(Visit&& visit) noexcept {
  for (Machine* m = scheduler().machines.load(std::memory_order_acquire); m != nullptr; m = m->all_next) {
    if (m->spins_detached.load(std::memory_order_relaxed)) visit(*m);
  }
}

void let_go(Machine& m) noexcept {
  if (m.hold.exchange(kFree, std::memory_order_acq_rel) == kHeld) os::futex_wake(m.hold);
}

void ask_to_hold(Machine& m) noexcept {
  std::uint32_t free = kFree;
  if (m.hold.compare_exchange_strong(free, kAsked, std::memory_order_acq_rel)) interrupt_thread(m.thread_id);
}

struct Counts {
  std::uint32_t running = 0, held = 0;
};

// Forgets those who came back to the runtime, counts the rest.
Counts count_spinners() noexcept {
  Counts counts;
  for_each_spinner([&](Machine& m) {
    if (!runs_without_processor(m)) {
      m.spins_detached.store(false, std::memory_order_relaxed);
      let_go(m);
    } else if (m.hold.load(std::memory_order_relaxed) == kFree) {
      ++counts.running;
    } else {
      ++counts.held;
    }
  });
  return counts;
}

// The one that has waited longest (or run longest) by its turn's number.
Machine* longest(bool held) noexcept {
  Machine* found = nullptr;
  for_each_spinner([&](Machine& m) {
    if ((m.hold.load(std::memory_order_relaxed) != kFree) != held) return;
    if (found == nullptr || m.turn < found->turn) found = &m;
  });
  return found;
}

void becomes_blocked(Machine& m) noexcept {
  m.spins_detached.store(false, std::memory_order_relaxed);
  m.blocked_detached = true;
  m.seen_cpu_detached = os::thread_cpu_nanos(m.thread_id);
  next_look = std::min(next_look, detail::monotonic_now() + kBlockedLook);
}

// A spinner that waits in the kernel by now takes nobody's core: it is not to have a turn, nor a signal that would
// interrupt its call.
void let_sleepers_be() noexcept {
  for_each_spinner([](Machine& m) {
    if (m.hold.load(std::memory_order_relaxed) == kFree && os::thread_state(m.thread_id) == os::ThreadState::kSleeping)
      becomes_blocked(m);
  });
}

bool too_many_run() noexcept {
  return count_spinners().running > scheduler().max_procs.load(std::memory_order_relaxed);
}

void becomes_spinner(Machine& m) noexcept {
  m.blocked_detached = false;
  m.spins_detached.store(true, std::memory_order_relaxed);
  m.turn = ++turns;
  if (too_many_run()) let_sleepers_be();
  if (too_many_run()) ask_to_hold(m);
}

// Whoever was blocked and computes now is a spinner from here on; those who came back to the runtime are forgotten.
void look_at_blocked(detail::MonotonicNanos now) noexcept {
  if (now < next_look) return;
  next_look = detail::kNever;
  for (Machine* m = scheduler().machines.load(std::memory_order_acquire); m != nullptr; m = m->all_next) {
    if (!m->blocked_detached) continue;
    m->blocked_detached = runs_without_processor(*m);
    if (!m->blocked_detached) continue;
    const std::int64_t cpu = os::thread_cpu_nanos(m->thread_id);
    const std::int64_t used = cpu - std::exchange(m->seen_cpu_detached, cpu);
    if (used >= kComputes && os::thread_state(m->thread_id) == os::ThreadState::kRunnable) {
      becomes_spinner(*m);
    } else {
      next_look = now + kBlockedLook;
    }
  }
}

}  // namespace

void hold_if_too_many(Machine& m) noexcept {
  if (scheduler().config.preempt == Preempt::kSuspend) becomes_spinner(m);
}

void note_blocked(Machine& m) noexcept {
  if (scheduler().config.preempt == Preempt::kSuspend) becomes_blocked(m);
}

detail::MonotonicNanos next_look_at_blocked() noexcept { return next_look; }

bool rotate_held(detail::MonotonicNanos now) noexcept {
  if (scheduler().config.preempt != Preempt::kSuspend) return false;
  look_at_blocked(now);
  const std::uint32_t most = scheduler().max_procs.load(std::memory_order_relaxed);
  Counts counts = count_spinners();
  if (counts.held + counts.running <= most) {
    release_all_held();
    return false;
  }
  if (counts.running >= most && now < next_turn) return true;
  next_turn = now + kTurnNanos;
  let_sleepers_be();
  counts = count_spinners();
  Machine* goes = counts.running <= most ? longest(true) : nullptr;
  Machine* comes = counts.running >= most ? longest(false) : nullptr;
  if (goes != nullptr) {
    goes->turn = ++turns;
    let_go(*goes);
  }
  if (comes != nullptr) {
    comes->turn = ++turns;
    ask_to_hold(*comes);
  }
  return true;
}

void release_all_held() noexcept {
  for_each_spinner([](Machine& m) { let_go(m); });
}

bool answer_hold_request() noexcept {
  detail::MachineHead* head = detail::current_machine();
  if (head == nullptr) return false;
  Machine& m = static_cast<Machine&>(*head);
  std::uint32_t asked = kAsked;
  if (m.hold.load(std::memory_order_relaxed) != kAsked) return false;
  if (m.inside.load(std::memory_order_relaxed) || !runs_without_processor(m)) return true;  // I1, I2
  if (!m.hold.compare_exchange_strong(asked, kHeld, std::memory_order_acq_rel)) return true;
  while (m.hold.load(std::memory_order_acquire) == kHeld) os::futex_wait(m.hold, kHeld);
  return true;
}

}  // namespace weft::sched
