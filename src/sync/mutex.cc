// A mutex that lets running goroutines barge, and bounds how long that can go on.
//
// WORDS      normal mode    the woken waiter competes with whoever runs; that is fast, since a lock that is handed to a
//                           sleeping goroutine stands still until that one runs
//            starving mode  the lock goes from unlocker to first waiter, and nobody barges
// STATES     state_ is a set of four bits
//              kLocked    held; only its holder clears it, as the last it does to the mutex
//              kWoken     a token, held by at most one: a waiter between its wake-up and its next attempt, or a
//                         spinner. While it is out, unlock wakes nobody. Given back with the lock taken, or in P1,
//                         while kLocked is set
//              kWaiting   under list_lock_: set before the first waiter is linked; cleared when the list is seen empty
//              kStarving  set with kLocked, under list_lock_, by a waiter who waited too long; cleared by who gets the
//                         lock handed and finds that nobody behind it starves, or by an unlock that finds the list
//                         empty
// INVARIANTS [mutex.I1] unlocked, no token out => the list is empty
//            [mutex.I2] kStarving => kLocked: nobody acquires then
//            [mutex.I3] who is handed the lock never tries for it: kLocked stays set on its behalf
//            [mutex.I4] unlock touches nothing after it has cleared kLocked, or has made the new owner ready: the
//                       next to lock may be the last to use the mutex, and destroy it
// PROTOCOL   waiter    [mutex.P1] under list_lock_: CAS kWaiting in while kLocked is set [mutex.P2] link, park, drop
//                      list_lock_
//            unlocker  [mutex.P3] waiting and no token? list_lock_, take the token out and the waiter with it
//                      [mutex.P4] clear kLocked: by a CAS from a state that asks for no P3, unless P3 was done
//                      [mutex.P5] make the waiter ready
//            P1's CAS comes before P4 (whose CAS then fails, and P3 sees kWaiting) or fails
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
    if ((state & kLocked) == 0) return false;
    const std::uint32_t queued = ((state | kWaiting) & ~(woken ? kWoken : 0u)) | (starving ? kStarving : 0u);
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

void Mutex::unlock_slow(std::uint32_t state) {
  if ((state & kLocked) == 0) throw usage_error("weft::Mutex::unlock: the mutex is not locked");
  const detail::Section section;
  while (true) {
    if ((state & kStarving) != 0) {
      if (hand_off()) {
        if (detail::on_goroutine()) yield();  // to the new owner: the lock stands still until it runs
        return;
      }
    } else if ((state & kWaiting) != 0 && (state & kWoken) == 0) {
      if (detail::Goroutine* waiter = take_waiter()) {
        // With the token out nobody else comes by P3, and nobody can become starving.
        state_.fetch_and(~kLocked, std::memory_order_release);
        detail::ready_tail(waiter);
        return;
      }
    } else if (state_.compare_exchange_strong(state, state & ~kLocked, std::memory_order_release,
                                              std::memory_order_relaxed)) {
      return;
    } else {
      continue;  // the CAS has read the state anew
    }
    state = state_.load(std::memory_order_relaxed);
  }
}

// P3. Null: a spinner has the token by now, or all who waited have given up.
detail::Goroutine* Mutex::take_waiter() noexcept {
  const SpinGuard guard(list_lock_);
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  do {
    if ((state & kWoken) != 0) return nullptr;
  } while (!state_.compare_exchange_weak(state, state | kWoken, std::memory_order_relaxed, std::memory_order_relaxed));
  Waiter* waiter = waiters_.pop_claimed();
  const std::uint32_t gone = (waiter == nullptr ? kWoken : 0u) | (waiters_.empty() ? kWaiting : 0u);
  if (gone != 0) state_.fetch_and(~gone, std::memory_order_relaxed);
  return waiter != nullptr ? waiter->goroutine : nullptr;
}

// In starving mode the lock goes from its holder to the first waiter. False: all who waited have given up.
bool Mutex::hand_off() noexcept {
  detail::Goroutine* owner = nullptr;
  {
    const SpinGuard guard(list_lock_);
    if (Waiter* waiter = waiters_.pop_claimed()) {
      waiter->ok = true;
      owner = waiter->goroutine;
    }
    if (waiters_.empty()) state_.fetch_and(~(kWaiting | kStarving), std::memory_order_relaxed);
  }
  if (owner == nullptr) return false;
  detail::ready(owner);
  return true;
}

bool Mutex::check_idle_for_testing() noexcept {
  const SpinGuard guard(list_lock_);
  return state_.load(std::memory_order_relaxed) == 0 && waiters_.empty();
}

}  // namespace weft
