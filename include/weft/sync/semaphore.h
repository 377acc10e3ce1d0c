// weft/sync/semaphore.h: Semaphore, so many at a time, by weight.
// Not here: one at a time (mutex.h); a queue of jobs and its workers (worker_pool.h). Guide: docs/guide/sync.md
#pragma once

#include <cstdint>
#include <system_error>

#include "weft/context.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/wait.h"

namespace weft {

/// `capacity` units, of which each holder has some.
///
/// Usage faults   usage_error, naming the value and what is allowed, for a count below 0 or above the capacity (it
///                could never be had), and for a release of more than is held
/// Fairness       first come, first served: a large request holds up the small ones behind it, so that it is not
///                starved
/// Ordering       what happens before release() is visible after the acquire() that it lets through
/// Cost           one short lock, no allocation
class Semaphore {
 public:
  constexpr explicit Semaphore(std::int64_t capacity) : capacity_(capacity), free_(capacity) {
    if (capacity < 0) throw_bad_capacity(capacity);
  }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  /// Takes `n` units. Blocking: until they are free; the goroutine, never its thread; from a plain thread, the thread.
  void acquire(std::int64_t n = 1);
  /// The same, or gives up once `ctx` is done: then `ec` says why and nothing was taken. A context that is done on
  /// entry wins over free units.
  void acquire(std::int64_t n, const Context& ctx, std::error_code& ec);
  /// The same; throws std::system_error where the other reports an error.
  void acquire(std::int64_t n, const Context& ctx);
  /// Takes `n` units if they are free and nobody waits for any.
  bool try_acquire(std::int64_t n = 1);
  void release(std::int64_t n = 1);

  std::int64_t capacity() const noexcept { return capacity_; }
  /// Units that are free; a snapshot.
  std::int64_t available() const noexcept;

 private:
  struct Request : detail::Waiter {
    std::int64_t units = 0;
  };

  [[noreturn]] static void throw_bad_capacity(std::int64_t capacity);
  void check_units(const char* what, std::int64_t n) const;
  bool take_locked(std::int64_t n) noexcept;
  bool acquire_limited(std::int64_t n, detail::WaitLimits limits) noexcept;
  bool give_back(std::int64_t n) noexcept;
  void grant_unlock() noexcept;

  mutable detail::SpinLock list_lock_;
  const std::int64_t capacity_;
  std::int64_t free_;  // under list_lock_
  detail::WaitList waiters_;
};

}  // namespace weft
