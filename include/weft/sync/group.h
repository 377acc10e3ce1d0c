// weft/sync/group.h: Group, goroutines that work on one thing: the first failure stops the others and is reported.
// Not here: goroutines that cannot fail (wait_group.h), a standing crew for a stream of jobs (worker_pool.h).
// Guide: docs/guide/sync.md
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

#include "weft/context.h"
#include "weft/detail/spawn.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/wait.h"

namespace weft {

/// Go's errgroup. The goroutines get the group's context, a child of the one given; the first exception that leaves one
/// cancels it, with the exception as its cause, and is rethrown by wait(). A Group that goes before it was waited for
/// cancels its context and waits.
///
/// Ordering       what happens in a goroutine of the group is visible after wait()
class Group {
 public:
  static constexpr std::int64_t kUnlimited = INT64_MAX;

  Group() : Group(Context()) {}
  explicit Group(const Context& parent) : Group(with_cancel(parent)) {}
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  /// From now on at most `n` goroutines at a time; kUnlimited at first.
  ///
  /// Usage faults   usage_error for `n` below 1, and while goroutines of the group run
  void set_limit(std::int64_t n);

  /// Runs `f(context)`, or `f()`, on a new goroutine; waits first while as many as the limit allows run.
  ///
  /// Errors         std::system_error when there is no stack to be had: nothing was started then
  /// Usage faults   usage_error for an empty function
  template <class F>
  void go(GoOptions options, F&& f) {
    detail::require_callable(f, "weft::Group::go");
    enter();
    start(options, std::forward<F>(f));
  }
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, GoOptions>)
  void go(F&& f) {
    go(GoOptions{}, std::forward<F>(f));
  }

  /// The same, if the limit allows it at once. False: not started, `f` is untouched.
  template <class F>
  bool try_go(F&& f) {
    detail::require_callable(f, "weft::Group::try_go");
    if (!try_enter()) return false;
    start({}, std::forward<F>(f));
    return true;
  }

  /// Waits until all have returned, cancels the context, rethrows the first exception.
  /// Blocking       the goroutine, never its thread; from a plain thread, the thread
  void wait();

  /// The group's context.
  const Context& context() const noexcept { return context_; }

 private:
  explicit Group(CancelContext made) noexcept : context_(std::move(made.context)), cancel_(std::move(made.cancel)) {}

  template <class Fn>
  struct Member {
    Group* group;
    Fn fn;
    void operator()() {
      try {
        Fn taken(std::move(fn));  // its captures are gone before wait() returns
        if constexpr (std::is_invocable_v<Fn&, const Context&>) {
          std::invoke(taken, group->context_);
        } else {
          std::invoke(taken);
        }
      } catch (...) {
        group->fail(std::current_exception());
      }
      group->leave();
    }
  };

  template <class F>
  void start(const GoOptions& options, F&& f) {
    using Fn = std::decay_t<F>;
    static_assert(std::is_invocable_v<Fn&, const Context&> || std::is_invocable_v<Fn&>,
                  "weft::Group::go: f takes a weft::Context or nothing");
    try {
      detail::spawn_goroutine(options, Member<Fn>{this, Fn(std::forward<F>(f))});
    } catch (...) {
      leave();
      throw;
    }
  }

  void enter() noexcept;
  bool try_enter() noexcept;
  void leave() noexcept;
  void fail(std::exception_ptr error) noexcept;
  void wait_for_all() noexcept;

  Context context_;
  CancelFunction cancel_;
  detail::SpinLock lock_;
  std::int64_t running_ = 0;  // under lock_, as all below
  std::int64_t limit_ = kUnlimited;
  std::exception_ptr error_;
  detail::WaitList entering_;
  detail::WaitList waiting_;
};

}  // namespace weft
