// weft/sync/cond_var.h: CondVar, waiting until a condition that a lock guards holds.
// Not here: the lock (mutex.h); a channel is often the simpler way to wait. Guide: docs/guide/sync.md
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <system_error>

#include "weft/context.h"
#include "weft/detail/deadline.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/wait.h"

namespace weft {

/// A condition variable for any Lockable: std::unique_lock<weft::Mutex>, std::shared_lock<weft::SharedMutex>, a
/// weft::Mutex.
///
/// Blocking       wait and its kin: the goroutine, never its thread; from a plain thread, the thread
/// Ordering       a notification reaches only those who wait already: change the condition under the lock
/// Fairness       notify_one wakes who has waited longest. No spurious wake-ups, yet the condition may have changed
///                again before the woken one has the lock: use the overloads with a predicate
/// Cost           no allocation; notify without a waiter is a load
/// Lifetime       it may go once all who wait are notified; they need not have returned. The destructor waits for those
///                whose wait had just ended otherwise. An unlock() that throws must find it there still
class CondVar {
 public:
  constexpr CondVar() noexcept = default;
  ~CondVar();
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void notify_one() noexcept {
    if (maybe_waited_for()) notify_one_slow();
  }
  void notify_all() noexcept {
    if (maybe_waited_for()) notify_all_slow();
  }

  /// Unlocks `lock`, waits for a notification, locks it again, also when it throws what lock.lock() does not.
  template <class Lock>
  void wait(Lock& lock) {
    wait_limited(lock, {});
  }

  /// Waits until `pred` holds; it is called with the lock held.
  template <class Lock, class Predicate>
  void wait(Lock& lock, Predicate pred) {
    while (!pred()) wait_limited(lock, {});
  }

  /// Waits until `pred` holds, `timeout` is over or the deadline has come. Returns pred().
  template <class Lock, class Rep, class Period, class Predicate>
  bool wait_for(Lock& lock, std::chrono::duration<Rep, Period> timeout, Predicate pred) {
    return wait_limited(lock, {.deadline = detail::deadline_after(timeout)}, pred) == detail::WaitEnd::kWoken;
  }
  template <class Lock, class Clock, class Duration, class Predicate>
  bool wait_until(Lock& lock, std::chrono::time_point<Clock, Duration> deadline, Predicate pred) {
    return wait_limited(lock, {.deadline = detail::deadline_at(deadline)}, pred) == detail::WaitEnd::kWoken;
  }
  template <class Lock, class Rep, class Period>
  std::cv_status wait_for(Lock& lock, std::chrono::duration<Rep, Period> timeout) {
    return status(wait_limited(lock, {.deadline = detail::deadline_after(timeout)}));
  }
  template <class Lock, class Clock, class Duration>
  std::cv_status wait_until(Lock& lock, std::chrono::time_point<Clock, Duration> deadline) {
    return status(wait_limited(lock, {.deadline = detail::deadline_at(deadline)}));
  }

  /// Waits until `pred` holds or `ctx` is done. Returns pred(); `ec` is the context's error if that was the end, else
  /// clear.
  template <class Lock, class Predicate>
  bool wait(Lock& lock, const Context& ctx, Predicate pred, std::error_code& ec) {
    ec.clear();
    if (wait_limited(lock, {.done = detail::context_done(ctx)}, pred) == detail::WaitEnd::kWoken) return true;
    ec = ctx.error();
    return false;
  }
  /// The same; throws std::system_error where the other reports an error.
  template <class Lock, class Predicate>
  void wait(Lock& lock, const Context& ctx, Predicate pred) {
    std::error_code ec;
    if (!wait(lock, ctx, pred, ec)) throw std::system_error(ec, "weft::CondVar::wait");
  }

 private:
  // Linked before the user's lock is dropped, parked after: a notification may fall in between.
  enum class Phase : std::uint32_t {
    kLinked,
    kComing,  // its waiter is about to take list_lock_
    kParked,
    kNotified
  };
  struct Entry : detail::Waiter {
    detail::Atomic<Phase> phase{Phase::kLinked};  // the last that a notifier touches of one that is not parked
    bool counts_as_leaving = false;               // under list_lock_
  };

  static std::cv_status status(detail::WaitEnd end) noexcept {
    return end == detail::WaitEnd::kWoken ? std::cv_status::no_timeout : std::cv_status::timeout;
  }

  template <class Lock, class Predicate>
  detail::WaitEnd wait_limited(Lock& lock, detail::WaitLimits limits, Predicate& pred) {
    while (!pred()) {
      const detail::WaitEnd end = wait_limited(lock, limits);
      if (end != detail::WaitEnd::kWoken) return pred() ? detail::WaitEnd::kWoken : end;
    }
    return detail::WaitEnd::kWoken;
  }

  template <class Lock>
  detail::WaitEnd wait_limited(Lock& lock, detail::WaitLimits limits) {
    Entry entry;
    begin(entry);
    try {
      lock.unlock();
    } catch (...) {
      abandon(entry);
      throw;
    }
    const detail::WaitEnd end = finish(entry, limits);
    lock.lock();
    return end;
  }

  bool maybe_waited_for() const noexcept { return waiting_.load(std::memory_order_seq_cst); }
  void begin(Entry& entry) noexcept;
  detail::WaitEnd finish(Entry& entry, detail::WaitLimits limits) noexcept;
  void abandon(Entry& entry) noexcept;
  static bool commit_park(detail::Goroutine*, void* entry) noexcept;
  void has_left() noexcept;
  detail::WaitEnd wait_coming(Entry& entry, detail::WaitLimits limits) noexcept;
  static bool announce_coming(Entry& entry) noexcept;
  enum class Taken : std::uint8_t { kNotAWaiter, kNotified, kToBeReadied };
  Taken take(Entry& entry) noexcept;
  void notify_one_slow() noexcept;
  void notify_all_slow() noexcept;

  detail::SpinLock list_lock_;
  detail::Atomic<std::uint32_t> leaving_{0};  // waiters out of the list who come for list_lock_ once more
  detail::Atomic<bool> waiting_{false};  // true if the list is not empty; written under list_lock_, read by notifiers
  detail::WaitList waiters_;
};

}  // namespace weft
