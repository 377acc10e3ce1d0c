// weft/runtime.h: start the runtime and goroutines: run, go, spawn, Task, yield, blocking, ThreadPin, processors, dump.
// Not here: channels (chan.h, select.h), locks (sync.h), sleeping (time.h). Guide: docs/guide/goroutines.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weft/detail/spawn.h"
#include "weft/detail/task_state.h"
#include "weft/error.h"

namespace weft {

/// Runs `main_fn` as the main goroutine and returns when it returns, as Go's main does: other goroutines are not waited
/// for and not unwound; they stop at their next call into weft, until the next run() or go(), or until this thread
/// waits for others in weft again. Threads may be in run() side by side: then the last to return stops them.
///
/// Returns        what main_fn returns (int), or 0 for a main_fn that returns nothing
/// Errors         std::system_error when not even one machine (thread) or one stack can be made. An exception that
///                leaves main_fn ends the process, as one that leaves any goroutine does: it is not passed on
/// Usage faults   usage_error when called from a goroutine
/// Blocking       the calling thread, which runs no goroutines itself
template <class F>
int run(F&& main_fn) {
  using Result = std::invoke_result_t<F&>;
  static_assert(std::is_void_v<Result> || std::is_convertible_v<Result, int>, "weft::run: main returns int or void");
  detail::require_callable(main_fn, "weft::run");
  int exit_code = 0;
  auto body = [&] {
    if constexpr (std::is_void_v<Result>) {
      std::invoke(main_fn);
    } else {
      exit_code = std::invoke(main_fn);
    }
  };
  detail::run_main(detail::FunctionRef{body}, exit_code);
  return exit_code;
}

/// Starts `f` on a new goroutine; fire and forget. `f` is moved (or copied) to the goroutine's stack.
///
/// Errors         std::system_error(ENOMEM) when there is no stack to be had: nothing was started then
/// Usage faults   usage_error for an empty function or a stack_bytes outside [0, 1 GiB]
/// Blocking       never
/// Thread safety  from a goroutine or any thread; the first call starts the runtime
/// Ordering       what happens before go() is visible to f
/// Cost           no allocation for a callable up to 1 KiB; a stack comes from the processor's own free list
template <class F>
void go(GoOptions options, F&& f) {
  detail::require_callable(f, "weft::go");
  detail::spawn_goroutine(options, std::forward<F>(f));
}
template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, GoOptions>)
void go(F&& f) {
  go(GoOptions{}, std::forward<F>(f));
}

/// The result of a spawned goroutine. Move-only. Dropping it without join() lets the goroutine run on; its result, or
/// its exception, is then discarded.
template <class T>
class [[nodiscard]] Task {
 public:
  Task() = default;

  /// Waits for the goroutine and takes its result; an exception that left it is rethrown.
  ///
  /// Usage faults   usage_error when default-constructed, moved from or joined before
  /// Blocking       the goroutine; from a plain thread, the thread
  T join() {
    if (state_ == nullptr) throw usage_error("weft::Task::join: no goroutine to join (joined before or moved from)");
    detail::TaskStateHandle<T> state = std::move(state_);
    state->wait();
    return state->take();
  }

  bool joinable() const noexcept { return state_ != nullptr; }
  /// True once the goroutine has finished: join() then does not block.
  bool done() const noexcept { return state_ != nullptr && state_->done(); }

 private:
  template <class F>
  friend auto spawn(GoOptions options, F&& f) -> Task<std::invoke_result_t<std::decay_t<F>&>>;
  explicit Task(detail::TaskStateHandle<T> state) : state_(std::move(state)) {}
  detail::TaskStateHandle<T> state_;
};

/// Starts `f` on a new goroutine and hands back its Task. Errors, faults and safety as for go().
///
/// Cost           as go(), and one allocation, for the result
template <class F>
auto spawn(GoOptions options, F&& f) -> Task<std::invoke_result_t<std::decay_t<F>&>> {
  using Result = std::invoke_result_t<std::decay_t<F>&>;
  detail::require_callable(f, "weft::spawn");
  detail::TaskStateHandle<Result> state = detail::TaskStateHandle<Result>::make();
  detail::spawn_goroutine(options, [state, fn = std::decay_t<F>(std::forward<F>(f))]() mutable { state->execute(fn); });
  return Task<Result>(std::move(state));
}
template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, GoOptions>)
[[nodiscard]] auto spawn(F&& f) {
  return spawn(GoOptions{}, std::forward<F>(f));
}

/// Lets other ready goroutines run first (Gosched). From a plain thread: gives the core away.
void yield() noexcept;

/// Sets how many processors run goroutines at the same time and returns the number before. Takes effect at once: added
/// processors start, surplus ones stop at their goroutine's next call into weft. `n` <= 0 only asks.
///
/// Usage faults   usage_error above 256
int set_max_procs(int n);

/// How many processors there are. Default: WEFT_MAXPROCS, else the tightest of the CPU quota of the container and its
/// ancestors (rounded up), the affinity mask, and the cores. That default follows the limits when they change, within
/// some seconds while the program is busy; a number that was set stays. Guide: docs/guide/containers.md
int max_procs() noexcept;

/// Goroutines that have started (or are about to) and not finished. While others start and finish it may count some
/// that have just gone, and misses none that lives throughout the call.
std::size_t num_goroutines() noexcept;

/// The calling goroutine's id: unique in the process, from 1 (the main goroutine, if run() started the runtime); 0 on a
/// plain thread.
std::uint64_t goroutine_id() noexcept;

/// Names the calling goroutine for dumps and profiles; the first 31 bytes count. Nothing on a plain thread.
void set_goroutine_name(std::string_view name) noexcept;

/// Keeps the calling goroutine on its current thread while it lives (LockOSThread). Nests. Not movable.
///
/// While the pinned goroutine waits, its thread may run others, so their use of `thread_local` is seen by it and by
/// them. It runs only such as have waited or yielded 32 times since they last computed for long: a new goroutine, or
/// one that spins, goes to another thread, which costs a wake-up of it. One that was trusted and then computes on
/// without calling weft delays the pinned goroutine all the same. exclusive() is for who cannot have that, and for
/// those who change the thread's state (namespaces, priorities, GL contexts): the thread then runs only them.
class ThreadPin {
 public:
  ThreadPin() noexcept : ThreadPin(false) {}
  ~ThreadPin();
  ThreadPin(const ThreadPin&) = delete;
  ThreadPin& operator=(const ThreadPin&) = delete;

  [[nodiscard]] static ThreadPin exclusive() noexcept { return ThreadPin(true); }

 private:
  explicit ThreadPin(bool exclusive) noexcept;
  bool exclusive_;
};

/// Calls `f`, having handed the processor to others first. Optional: a call that blocks is noticed without it; this
/// saves the noticing (a fraction of a millisecond) where a call is known to block. Returns what `f` returns, passes
/// its exceptions on.
template <class F>
decltype(auto) blocking(F&& f) {
  detail::require_callable(f, "weft::blocking");
  detail::BlockingScope scope;
  return std::invoke(std::forward<F>(f));
}

/// Writes every goroutine to `fd`: id, name, state, for how long, what it waits for, its stack with function names.
/// From anywhere but a signal handler; the process goes on.
void dump_goroutines(int fd);

}  // namespace weft
