// weft/sync/worker_pool.h: WorkerPool, a fixed crew of goroutines and a bounded queue of jobs.
// Not here: a set of goroutines with a common end (group.h), a bound without a queue (semaphore.h). Guide:
// docs/guide/sync.md
#pragma once

#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "weft/chan.h"
#include "weft/context.h"
#include "weft/detail/job.h"
#include "weft/sync/semaphore.h"
#include "weft/sync/wait_group.h"

namespace weft {

struct WorkerPoolOptions {
  std::int64_t workers = 8;     // 1 to 2^20
  std::int64_t queue = 0;       // jobs that may wait while all workers are busy: 0 to 2^24
  std::string name = "worker";  // of the goroutines, for dumps
};

/// Jobs run in the order in which they were accepted, by `workers` goroutines. A job takes the Context it was submitted
/// with, or nothing. If that context is done before the job starts, the job is dropped and counted: its client has
/// left. An exception that leaves a job ends the process, as with weft::go.
///
/// The destructor drains: it waits for what was accepted.
/// Ordering       what happens before a job is submitted is visible to it; what happens in jobs is visible after
/// drain()
class WorkerPool {
 public:
  /// Errors         std::system_error when there is no stack for a worker: none is left running
  /// Usage faults   usage_error for options outside of what they allow
  explicit WorkerPool(WorkerPoolOptions options);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Accepts `f` unless `queue` jobs wait already, or the pool drains: then it returns false and leaves `f` untouched.
  /// Never blocks.
  template <class F>
  bool try_submit(const Context& ctx, F&& f) {
    detail::require_callable(f, "weft::WorkerPool::try_submit");
    if (!try_reserve()) return false;
    enqueue(ctx, std::forward<F>(f));
    return true;
  }
  template <class F>
  bool try_submit(F&& f) {
    return try_submit(Context(), std::forward<F>(f));
  }

  /// Waits for room. `ec`: the context's error if it was done first, errc::shutting_down if the pool drains, else
  /// clear.
  template <class F>
  void submit(const Context& ctx, F&& f, std::error_code& ec) {
    detail::require_callable(f, "weft::WorkerPool::submit");
    reserve(ctx, ec);
    if (!ec) enqueue(ctx, std::forward<F>(f));
  }
  /// The same; throws std::system_error where the other reports an error.
  template <class F>
  void submit(const Context& ctx, F&& f) {
    std::error_code ec;
    submit(ctx, std::forward<F>(f), ec);
    if (ec) throw std::system_error(ec, "weft::WorkerPool::submit");
  }

  /// Accepts no more jobs and waits until those accepted are done and the workers gone; or until `ctx` is done: then
  /// `ec` says why, and the workers go on. May be called again.
  void drain(const Context& ctx, std::error_code& ec);
  /// The same; throws std::system_error where the other reports an error.
  void drain(const Context& ctx) {
    std::error_code ec;
    drain(ctx, ec);
    if (ec) throw std::system_error(ec, "weft::WorkerPool::drain");
  }
  void drain();

  std::int64_t workers() const noexcept { return workers_; }
  /// Snapshots: jobs accepted and not started, jobs that run, jobs that ran, jobs dropped because their context was
  /// done.
  std::int64_t waiting() const noexcept { return static_cast<std::int64_t>(jobs_.len()); }
  std::int64_t running() const noexcept { return running_.load(std::memory_order_relaxed); }
  std::uint64_t completed() const noexcept { return completed_.load(std::memory_order_relaxed); }
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    Context context;
    detail::Job job;
  };

  bool try_reserve() noexcept;
  void reserve(const Context& ctx, std::error_code& ec);
  bool enter() noexcept;
  void leave() noexcept;
  void work();

  // With a place, between enter() and leave().
  template <class F>
  void enqueue(const Context& ctx, F&& f) {
    try {
      jobs_.send(Entry{ctx, detail::Job(std::forward<F>(f))});
    } catch (...) {
      places_.release();
      leave();
      throw;
    }
    leave();
  }

  const std::int64_t workers_;
  Semaphore places_;                       // workers + queue: a place from acceptance to the end of the job
  Chan<Entry> jobs_;                       // has room for whoever has a place
  detail::Atomic<std::uint64_t> door_{0};  // kDraining, and 2 for each submission that is inside; see enter()
  detail::Atomic<std::int64_t> running_{0};
  detail::Atomic<std::uint64_t> completed_{0};
  detail::Atomic<std::uint64_t> dropped_{0};
  WaitGroup crew_;
};

}  // namespace weft
