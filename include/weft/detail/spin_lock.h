// weft/detail/spin_lock.h: the lock of the runtime's short critical sections.
//
// It is held for tens of nanoseconds, inside a Section (so the holder keeps its processor), never across a park or user
// code that may block. Unlock is a plain store, which is why there is no sleeping queue: who waits long gives the core
// away.
#pragma once

#include "weft/detail/atomic.h"

namespace weft::detail {

class SpinLock {
 public:
  constexpr SpinLock() noexcept = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  void lock() noexcept {
    if (held_.exchange(1, std::memory_order_acquire) != 0) [[unlikely]]
      lock_slow();  // pairs with unlock's release
  }
  bool try_lock() noexcept {
    return held_.load(std::memory_order_relaxed) == 0 && held_.exchange(1, std::memory_order_acquire) == 0;
  }
  void unlock() noexcept { held_.store(0, std::memory_order_release); }

 private:
  void lock_slow() noexcept;  // spins, then yields the core, then sleeps in growing steps; see src/base/spin_lock.cc

  Atomic<unsigned char> held_{0};
};

/// Scoped SpinLock.
class SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~SpinGuard() { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace weft::detail
