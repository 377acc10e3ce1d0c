// weft/sync/once.h: Once, something that is to happen a single time.
// Not here: a value made on first use (lazy.h). Guide: docs/guide/sync.md
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "weft/detail/atomic.h"
#include "weft/detail/spawn.h"
#include "weft/sync/mutex.h"

namespace weft {

class Once {
 public:
  constexpr Once() noexcept = default;
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  /// Runs `f(args...)` if no call has returned before; whoever comes meanwhile waits until it has. An exception passes
  /// through and leaves it not done: the next call, perhaps one that waits, runs its own.
  ///
  /// Usage faults   usage_error for an empty function, unless it is done. A call from inside `f` waits for itself
  /// Blocking       while another call runs: the goroutine; from a plain thread, the thread
  /// Ordering       what happens in `f` is visible after every call()
  /// Cost           one load once it is done
  template <class F, class... Args>
  void call(F&& f, Args&&... args) {
    if (done_.load(std::memory_order_acquire)) [[likely]]
      return;  // pairs with the release below
    detail::require_callable(f, "weft::Once::call");
    const Lock lock(*this);
    if (done_.load(std::memory_order_relaxed)) return;
    std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
    done_.store(true, std::memory_order_release);
  }

  /// True once a call has returned.
  bool done() const noexcept { return done_.load(std::memory_order_acquire); }

 private:
  struct Lock {
    explicit Lock(Once& o) noexcept : once(o) {
      if (!once.mutex_.try_lock_fast()) once.mutex_.lock_slow(detail::WaitReason::kOnce, &once);
    }
    ~Lock() { once.mutex_.unlock(); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    Once& once;
  };

  detail::Atomic<bool> done_{false};
  Mutex mutex_;
};

}  // namespace weft
