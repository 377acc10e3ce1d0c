// weft/sync/wait_group.h: WaitGroup, waiting for a number of goroutines to finish.
// Not here: goroutines that may fail (group.h), results (Task in runtime.h). Guide: docs/guide/sync.md
#pragma once

#include <cstdint>
#include <system_error>
#include <type_traits>
#include <utility>

#include "weft/context.h"
#include "weft/detail/atomic.h"
#include "weft/detail/spawn.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/wait.h"

namespace weft {

/// A counter that can be waited on: add() before a piece of work starts, done() when it ends, wait() until it is zero.
///
/// May be reused once every wait() has returned, and destroyed as soon as a wait() that came after the last add() has.
/// Ordering       what happens before done() is visible after the wait() that it lets through
/// Cost           add and done are one atomic operation while nobody is to be woken; no allocation
class WaitGroup {
 public:
  constexpr WaitGroup() noexcept = default;
  WaitGroup(const WaitGroup&) = delete;
  WaitGroup& operator=(const WaitGroup&) = delete;

  /// Adds `n`, which may be negative. Call it before what the count is for starts, not from inside.
  ///
  /// Usage faults   usage_error if the counter would fall below 0 or rise above 2^31 - 1; it is unchanged then
  void add(std::int64_t n = 1);

  /// Takes one off. Usage faults: usage_error if the counter is 0.
  void done() {
    const std::int64_t before = state_.fetch_sub(kOne, std::memory_order_acq_rel);  // pairs with wait's acquire
    if (before < 2 * kOne) [[unlikely]]
      done_slow(before);
  }

  /// Runs `f` on a new goroutine, counted until it returns. An exception that leaves it ends the process, as with
  /// weft::go.
  ///
  /// Errors         std::system_error when there is no stack to be had: nothing was started or counted then
  template <class F>
  void go(GoOptions options, F&& f) {
    detail::require_callable(f, "weft::WaitGroup::go");
    add(1);
    try {
      detail::spawn_goroutine(options, Counted<std::decay_t<F>>{this, std::decay_t<F>(std::forward<F>(f))});
    } catch (...) {
      done();
      throw;
    }
  }
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, GoOptions>)
  void go(F&& f) {
    go(GoOptions{}, std::forward<F>(f));
  }

  /// Waits until the counter is zero. Blocking: the goroutine, never its thread; from a plain thread, the thread.
  void wait() noexcept { wait_limited({}); }

  /// The same, or until `ctx` is done: then `ec` says why, else it is clear. A counter at zero counts first.
  void wait(const Context& ctx, std::error_code& ec) noexcept;
  /// The same; throws std::system_error where the other reports an error.
  void wait(const Context& ctx) {
    std::error_code ec;
    wait(ctx, ec);
    if (ec) throw std::system_error(ec, "weft::WaitGroup::wait");
  }

  /// How much is left; a snapshot.
  std::int64_t count() const noexcept { return state_.load(std::memory_order_relaxed) >> 1; }

 private:
  template <class Fn>
  struct Counted {
    WaitGroup* group;
    Fn fn;
    void operator()() {
      {
        Fn taken(std::move(fn));  // its captures are gone when the count falls
        static_cast<void>(taken());
      }
      group->done();
    }
  };

  // Bit 0: somebody may wait; above it the counter. See src/sync/wait_group.cc.
  static constexpr std::int64_t kWaited = 1;
  static constexpr std::int64_t kOne = 2;

  void done_slow(std::int64_t before);
  void wake_waiters() noexcept;
  bool announce_locked(std::int64_t& state) noexcept;
  bool wait_limited(detail::WaitLimits limits) noexcept;

  detail::Atomic<std::int64_t> state_{0};
  detail::SpinLock list_lock_;
  detail::WaitList waiters_;
};

}  // namespace weft
