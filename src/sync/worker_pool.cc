// A channel of jobs and a semaphore of places. A place is held from acceptance until the job has ended, so there are as
// many as may wait and run together, and a queue of 0 means: accepted if a worker is free.
#include "weft/sync/worker_pool.h"

#include "weft/error.h"

namespace weft {

namespace {

constexpr std::int64_t kMaxWorkers = 1 << 20;
constexpr std::int64_t kMaxQueue = 1 << 24;

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

bool WorkerPool::try_reserve() noexcept { return !draining_.load(std::memory_order_acquire) && places_.try_acquire(); }

void WorkerPool::reserve(const Context& ctx, std::error_code& ec) {
  ec = draining_.load(std::memory_order_acquire) ? make_error_code(errc::shutting_down) : std::error_code();
  if (!ec) places_.acquire(1, ctx, ec);
}

// With a place. False: the pool drains.
bool WorkerPool::send(Entry entry) {
  try {
    jobs_.send(std::move(entry));
    return true;
  } catch (const closed_channel&) {
    places_.release();
    return false;
  }
}

void WorkerPool::drain(const Context& ctx, std::error_code& ec) {
  if (!draining_.exchange(true, std::memory_order_acq_rel)) jobs_.close();
  crew_.wait(ctx, ec);
}

void WorkerPool::drain() {
  std::error_code never;
  drain(Context(), never);
}

}  // namespace weft
