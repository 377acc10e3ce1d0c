// weft/sync/mutex.h: Mutex, the lock of goroutines and threads.
// Not here: many readers (shared_mutex.h), waiting for a condition (cond_var.h). Guide: docs/guide/sync.md
#pragma once

#include <chrono>
#include <cstdint>

#include "weft/detail/atomic.h"
#include "weft/detail/deadline.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/wait.h"

namespace weft {

class Once;

/// Mutual exclusion. Lockable and TimedLockable: std::lock_guard, std::unique_lock and std::scoped_lock take it.
/// Belongs to nobody: one goroutine may lock it and another unlock it. Not recursive.
///
/// Fairness       who is running may overtake who waits; who has waited for 1 ms is handed the lock, before all others
/// Ordering       what happens before unlock() is visible after the next lock()
/// Cost           one atomic operation each while nobody contends; no allocation ever
class Mutex {
 public:
  constexpr Mutex() noexcept = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  /// Locks. Blocking: the goroutine, never its thread; from a plain thread, the thread.
  void lock() noexcept {
    if (!try_lock_fast()) [[unlikely]]
      lock_slow(detail::WaitReason::kMutex, this);
  }

  /// Locks if that is possible at once. Never fails on a free mutex, but for one about to be handed to a starved
  /// waiter.
  bool try_lock() noexcept { return try_lock_fast() || try_lock_slow(); }

  /// Locks unless `timeout` passes first. A timeout of zero or less is try_lock().
  template <class Rep, class Period>
  bool try_lock_for(std::chrono::duration<Rep, Period> timeout) {
    return try_lock() || (timeout > timeout.zero() && lock_until(detail::deadline_after(timeout)));
  }
  template <class Clock, class Duration>
  bool try_lock_until(std::chrono::time_point<Clock, Duration> deadline) {
    return try_lock() || lock_until(detail::deadline_at(deadline));
  }

  /// Unlocks. Touches the mutex no more once another may have it: whoever locks it next may destroy it.
  ///
  /// Usage faults   usage_error if it is not locked
  void unlock() {
    std::uint32_t state = kLocked;
    if (!state_.compare_exchange_strong(state, 0, std::memory_order_release, std::memory_order_relaxed)) [[unlikely]]
      unlock_slow(state);  // the release pairs with the locker's acquire
  }

  /// Verifies what must hold of an unlocked mutex nobody waits for; for tests.
  bool check_idle_for_testing() noexcept;

 private:
  friend class Once;
  friend class SharedMutex;

  // The one word. See src/sync/mutex.cc for the protocol.
  static constexpr std::uint32_t kLocked = 1;
  static constexpr std::uint32_t kWoken = 2;     // somebody who was woken, or spins, is about to try: wake nobody else
  static constexpr std::uint32_t kStarving = 4;  // the next unlock hands the lock to the first waiter
  static constexpr std::uint32_t kWaiting = 8;   // the list is not empty

  bool try_lock_fast() noexcept {
    std::uint32_t free = 0;
    return state_.compare_exchange_strong(free, kLocked, std::memory_order_acquire, std::memory_order_relaxed);
  }
  bool try_lock_slow() noexcept;
  void lock_slow(detail::WaitReason reason, const void* on) noexcept;
  bool lock_until(detail::MonotonicNanos deadline) noexcept;
  bool acquire(detail::WaitLimits limits, detail::WaitLabel label) noexcept;
  bool spin(bool& woken) noexcept;
  bool enqueue_locked(bool woken, bool starving) noexcept;
  void unlock_slow(std::uint32_t state);
  detail::Goroutine* take_waiter() noexcept;
  bool hand_off() noexcept;

  detail::Atomic<std::uint32_t> state_{0};
  detail::SpinLock list_lock_;
  detail::WaitList waiters_;
};

}  // namespace weft
