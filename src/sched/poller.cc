#include "sched/poller.h"

#include "sched/scheduler.h"

namespace weft::sched {
namespace {

struct Poller {
  detail::SpinLock start_lock;
  detail::Atomic<bool> in_use{false};
  detail::Atomic<detail::MonotonicNanos> last_poll{0};
  detail::Atomic<bool> crowded{false};  // the last look found several: the next will find some, most often
  alignas(64) detail::Atomic<std::int32_t> waiters{0};
};

constinit Poller the_poller;

int start_poller() noexcept {
  const detail::SpinGuard guard(the_poller.start_lock);
  if (os::poll_backend().is_open()) return 0;
  const int failed = os::poll_backend().open();
  if (failed != 0) return failed;
  the_poller.in_use.store(true, std::memory_order_seq_cst);
  return 0;
}

}  // namespace

bool poller_in_use() noexcept { return the_poller.in_use.load(std::memory_order_acquire); }

int poll_add(int descriptor, PollTarget& target) noexcept {
  const bool first = !poller_in_use();
  if (const int failed = start_poller(); failed != 0) return failed;
  const int failed = os::poll_backend().add(descriptor, &target);
  if (first) seat_a_poller();
  return failed;
}

void poll_remove(int descriptor) noexcept { os::poll_backend().remove(descriptor); }

void poll_wait(PolledBatch& batch, detail::MonotonicNanos deadline) noexcept {
  batch.count = os::poll_backend().wait(batch.ready, deadline);
  the_poller.last_poll.store(detail::monotonic_now(), std::memory_order_relaxed);
  the_poller.crowded.store(batch.count > 1, std::memory_order_relaxed);
}

bool poller_is_crowded() noexcept { return the_poller.crowded.load(std::memory_order_relaxed); }

bool poll_now() noexcept {
  PolledBatch batch;
  poll_wait(batch, 0);
  if (batch.count == 0) return false;
  tell_targets(batch);
  return true;
}

void tell_targets(PolledBatch& batch) noexcept {
  for (int i = 0; i < batch.count; ++i) {
    const os::Readiness& ready = batch.ready[i];
    auto& target = *static_cast<PollTarget*>(ready.tag);
    target.on_ready(target, ready);
  }
  batch.count = 0;
}

void ring_poller() noexcept { os::poll_backend().ring(); }

detail::MonotonicNanos last_poll() noexcept { return the_poller.last_poll.load(std::memory_order_relaxed); }

void count_poll_waiter(std::int32_t change) noexcept {
  the_poller.waiters.fetch_add(change, std::memory_order_relaxed);
}

std::int32_t poll_waiters() noexcept { return the_poller.waiters.load(std::memory_order_seq_cst); }

// Those who waited are gone; what they waited for is added anew by whoever uses it again.
void reset_poller_after_fork() noexcept {
  the_poller.start_lock.unlock();
  os::poll_backend().reopen_after_fork();
  the_poller.waiters.store(0, std::memory_order_relaxed);
}

}  // namespace weft::sched
