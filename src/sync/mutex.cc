// A mutex that lets running goroutines barge, and bounds how long that can go on.
//
// WORDS      normal mode    the woken waiter competes with whoever runs; that is fast, since a lock that is handed to a
//                           sleeping goroutine stands still until that one runs
//            starving mode  the lock goes from unlocker to first waiter, and nobody barges
// STATES     state_ is a set of four bits
//              kLocked    held; by the unlocker's fetch_sub alone it goes away
//              kWoken     a token, held by at most one: a waiter between its wake-up and its next attempt, or a
//                         spinner. While it is out, unlock wakes nobody. Given back with the lock taken, or in P1,
//                         while kLocked is set
//              kWaiting   under list_lock_: set before the first waiter is linked; cleared when the list is seen empty
//              kStarving  set with kLocked, under list_lock_, by a waiter who waited too long; cleared by who gets the
//                         lock handed and finds that nobody behind it starves, or by an unlock that finds the list
//                         empty
// INVARIANTS [mutex.I1] unlocked, not starving, no token out => the list is empty or an unlock is about to wake one
//            [mutex.I2] kStarving without kLocked exists only between the two steps of one unlock: nobody acquires then
//            [mutex.I3] who is handed the lock never tries for it: kLocked is set on its behalf before it is made ready
// PROTOCOL   waiter    [mutex.P1] under list_lock_: CAS kWaiting in while kLocked is set [mutex.P2] link, park, drop
//            list_lock_
//            unlocker  [mutex.P3] fetch_sub kLocked [mutex.P4] old value says waiting, no token: list_lock_, look
//                      again, wake
//            P1's CAS comes before P3 (then P4 sees kWaiting) or fails
// REJECTED   [mutex.R1] FIFO hand-off always: each contended unlock costs a switch (bench: mutex contended falls to
//            ~100 ns)
// SOURCE     the two modes are those of Go's sync.Mutex; the list and hand-off are our own
#include "weft/sync/mutex.h"

#include "weft/error.h"
#include "weft/runtime.h"

namespace weft {

namespace {

using detail::MonotonicNanos;
using detail::SpinGuard;
using detail::WaitEnd;
using detail::Waiter;

constexpr MonotonicNanos kStarvingAfterNanos = 1'000'000;
constexpr int kSpinRounds = 4;
constexpr int kRelaxesPerRound = 30;

}  // namespace

bool Mutex::try_lock_slow() noexcept {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  while ((state & (kLocked | kStarving)) == 0) {
    if (state_.compare_exchange_weak(state, state | kLocked, std::memory_order_acquire, std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void Mutex::lock_slow(detail::WaitReason reason, const void* on) noexcept { acquire({}, {reason, on}); }

bool Mutex::lock_until(MonotonicNanos deadline) noexcept {
  return acquire({.deadline = deadline}, {detail::WaitReason::kMutex, this});
}

// Watches the lock for a moment without touching its line too often. True: it was acquired.
bool Mutex::spin(bool& woken) noexcept {
  // On the only processor nobody can unlock while a goroutine watches.
  const int rounds = detail::on_goroutine() && max_procs() == 1 ? 1 : kSpinRounds;
  for (int round = 0;;) {
    std::uint32_t state = state_.load(std::memory_order_relaxed);
    if ((state & kStarving) != 0) return false;
    if ((state & kLocked) == 0) {
      const std::uint32_t taken = (state | kLocked) & ~(woken ? kWoken : 0u);
      if (state_.compare_exchange_strong(state, taken, std::memory_order_acquire, std::memory_order_relaxed))
        return true;
    } else if (!woken && (state & kWoken) == 0 && (state & kWaiting) != 0) {
      woken = state_.compare_exchange_strong(state, state | kWoken, std::memory_order_relaxed);
    }
    if (++round == rounds) return false;
    for (int i = 0; i < kRelaxesPerRound; ++i) detail::cpu_relax();
  }
}

// P1. False: the lock has become free, try for it.
bool Mutex::enqueue_locked(bool woken, bool starving) noexcept {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  while (true) {
    if ((state & (kLocked | kStarving)) == 0) return false;
    std::uint32_t queued = (state | kWaiting) & ~(woken ? kWoken : 0u);
    if (starving && (state & kLocked) != 0) queued |= kStarving;
    if (state_.compare_exchange_weak(state, queued, std::memory_order_relaxed, std::memory_order_relaxed)) return true;
  }
}

bool Mutex::acquire(detail::WaitLimits limits, detail::WaitLabel label) noexcept {
  const detail::Section section;
  bool woken = false;
  bool starving = false;
  bool waited = false;
  MonotonicNanos since = 0;
  while (true) {
    if (spin(woken) || (!woken && try_lock_slow())) return true;
    if (since == 0) since = detail::monotonic_now();
    list_lock_.lock();
    if (!enqueue_locked(woken, starving)) {
      list_lock_.unlock();
      continue;
    }
    Waiter waiter;
    const WaitEnd end = detail::wait_in_list(list_lock_, waiters_, waiter, limits, label, /*at_front=*/waited);
    waited = true;
    woken = false;
    if (end != WaitEnd::kWoken) return false;
    const bool long_wait = detail::monotonic_now() - since >= kStarvingAfterNanos;
    if (waiter.ok) {  // handed over, [mutex.I3]
      if (!long_wait) state_.fetch_and(~kStarving, std::memory_order_relaxed);
      return true;
    }
    woken = true;
    starving = long_wait;
  }
}

void Mutex::unlock_slow(std::uint32_t before) {
  if ((before & kLocked) == 0) {
    state_.fetch_add(kLocked, std::memory_order_relaxed);
    throw usage_error("weft::Mutex::unlock: the mutex is not locked");
  }
  const detail::Section section;
  if ((before & kStarving) != 0) {
    hand_off();
    if (detail::on_goroutine()) yield();  // to the new owner: the lock stands still until it runs
  } else if ((before & kWaiting) != 0 && (before & kWoken) == 0) {
    wake_one();
  }
}

// P4 in normal mode.
void Mutex::wake_one() noexcept {
  Waiter* waiter = nullptr;
  {
    const SpinGuard guard(list_lock_);
    std::uint32_t state = state_.load(std::memory_order_relaxed);
    do {
      if ((state & (kLocked | kWoken | kStarving)) != 0 || (state & kWaiting) == 0) return;
    } while (
        !state_.compare_exchange_weak(state, state | kWoken, std::memory_order_relaxed, std::memory_order_relaxed));
    waiter = waiters_.pop_claimed();
    std::uint32_t gone = 0;
    if (waiter == nullptr) gone |= kWoken;
    if (waiters_.empty()) gone |= kWaiting;
    if (gone != 0) state_.fetch_and(~gone, std::memory_order_relaxed);
  }
  if (waiter != nullptr) detail::ready_tail(waiter->goroutine);
}

// P4 in starving mode: by [mutex.I2] nobody else can acquire now.
void Mutex::hand_off() noexcept {
  Waiter* waiter = nullptr;
  {
    const SpinGuard guard(list_lock_);
    waiter = waiters_.pop_claimed();
    std::uint32_t gone = waiters_.empty() ? kWaiting : 0u;
    if (waiter == nullptr) gone |= kStarving;
    if (waiter != nullptr) {
      waiter->ok = true;
      state_.fetch_or(kLocked, std::memory_order_relaxed);
      if (waiters_.empty()) gone |= kStarving;
    }
    if (gone != 0) state_.fetch_and(~gone, std::memory_order_relaxed);
  }
  if (waiter != nullptr) detail::ready(waiter->goroutine);
}

bool Mutex::check_idle_for_testing() noexcept {
  const SpinGuard guard(list_lock_);
  return state_.load(std::memory_order_relaxed) == 0 && waiters_.empty();
}

}  // namespace weft
