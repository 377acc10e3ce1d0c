// The model's weft/detail/spin_lock.h: taking the lock is one step, which is made when the lock is free. That the real
// one excludes and hands on what its holder did is spin_lock_model.cc's matter.
#pragma once

#include "weft/detail/atomic.h"

namespace weft::detail {

class SpinLock {
 public:
  constexpr SpinLock() noexcept = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  void lock() noexcept { model::lock(word_); }
  bool try_lock() noexcept { return model::try_lock(word_); }
  void unlock() noexcept { model::unlock(word_); }

 private:
  model::LockWord word_;
};

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
