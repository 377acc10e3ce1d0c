// A channel of jobs and a semaphore of places. A place is held from acceptance until the job has ended, so there are as
// many as may wait and run together, and a queue of 0 means: accepted if a worker is free.
//
// INVARIANT [pool.I1] the channel is closed once, when the pool drains and no submission is inside the door: so who
//                     came in is accepted, and who is turned away has not been touched
#include "weft/sync/worker_pool.h"

#include "weft/error.h"

namespace weft {

namespace {

constexpr std::int64_t kMaxWorkers = 1 << 20;
constexpr std::int64_t kMaxQueue = 1 << 24;
constexpr std::uint64_t kDraining = 1;
constexpr std::uint64_t kInside = 2;

std::int64_t checked(const char* what, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return value;
  throw usage_error(std::string("weft::WorkerPool: ") + what + " = " + std::to_string(value) + ": allowed are " +
                    std::to_string(least) + " to " + std::to_string(most));
}

}  // namespace

WorkerPool::WorkerPool(WorkerPoolOptions options)
    : workers_(checked("workers", options.workers, 1, kMaxWorkers)),
      places_(workers_ + checked("queue", options.queue, 0, kMaxQueue)),
      jobs_(make_chan<Entry>(places_.capacity())) {
  try {
    for (std::int64_t i = 0; i < workers_; ++i) {
      crew_.go({.name = options.name}, [this] { work(); });
    }
  } catch (...) {
    drain();
    throw;
  }
}

WorkerPool::~WorkerPool() { drain(); }

void WorkerPool::work() {
  while (std::optional<Entry> entry = jobs_.recv()) {
    if (entry->context.error()) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
    } else {
      running_.fetch_add(1, std::memory_order_relaxed);
      entry->job(entry->context);
      running_.fetch_sub(1, std::memory_order_relaxed);
      completed_.fetch_add(1, std::memory_order_relaxed);
    }
    entry.reset();  // its captures are gone when its place is free
    places_.release();
  }
}

// False: the pool drains.
bool WorkerPool::enter() noexcept {
  std::uint64_t seen = door_.load(std::memory_order_relaxed);
  while ((seen & kDraining) == 0) {
    if (door_.compare_exchange_weak(seen, seen + kInside, std::memory_order_acquire)) return true;
  }
  return false;
}

void WorkerPool::leave() noexcept {
  if (door_.fetch_sub(kInside, std::memory_order_acq_rel) == (kInside | kDraining)) jobs_.close();  // [pool.I1]
}

bool WorkerPool::try_reserve() noexcept {
  if (!enter()) return false;
  if (places_.try_acquire()) return true;
  leave();
  return false;
}

// Waits for its place outside of the door: a drain is not to wait for it.
void WorkerPool::reserve(const Context& ctx, std::error_code& ec) {
  ec.clear();
  if ((door_.load(std::memory_order_acquire) & kDraining) != 0) {
    ec = errc::shutting_down;
    return;
  }
  places_.acquire(1, ctx, ec);
  if (ec || enter()) return;
  places_.release();
  ec = errc::shutting_down;
}

void WorkerPool::drain(const Context& ctx, std::error_code& ec) {
  if (door_.fetch_or(kDraining, std::memory_order_acq_rel) == 0) jobs_.close();  // [pool.I1]
  crew_.wait(ctx, ec);
}

void WorkerPool::drain() {
  std::error_code never;
  drain(Context(), never);
}

}  // namespace weft
