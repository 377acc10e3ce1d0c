#include "net/descriptor.h"

#include <unistd.h>
#include <new>
#include <utility>

#include "os/errno_guard.h"
#include "sched/sanitizer.h"
#include "sched/scheduler.h"

namespace weft::net {

using detail::kNever;
using detail::MonotonicNanos;
using detail::Section;
using detail::SpinGuard;
using detail::WaitEnd;

namespace {

struct FreeDescriptors {
  detail::SpinLock lock;
  Descriptor* top = nullptr;
};
constinit FreeDescriptors free_descriptors;

// Whoever waits needs machines that look.
int start_polling(int fd, Descriptor& descriptor) noexcept {
  try {
    sched::start_runtime();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  const Section section;
  return sched::poll_add(fd, descriptor);
}

std::uint8_t fork_generation() noexcept { return sched::scheduler().fork_generation.load(std::memory_order_relaxed); }

}  // namespace

Descriptor::Descriptor() noexcept {
  on_ready = &on_edge;
  for (Side* side : {&read_, &write_}) side->fire = &on_deadline;
}

Descriptor* Descriptor::adopt(int fd, std::error_code& ec) noexcept {
  Descriptor* d = nullptr;
  {
    const Section section;
    const SpinGuard guard(free_descriptors.lock);
    d = free_descriptors.top;
    if (d != nullptr) free_descriptors.top = d->next_free_;
  }
  if (d == nullptr) {
    d = new (std::nothrow) Descriptor();
    sched::sanitizer_never_freed(d);
  }
  int failed = d == nullptr ? ENOMEM : 0;
  if (failed == 0) {
    d->fd_ = fd;
    d->first_edge_ = d->read_.edges.load(std::memory_order_relaxed);
    d->fork_generation_ = fork_generation();
    d->exceptional_.store(false, std::memory_order_relaxed);
    for (Side* side : {&d->read_, &d->write_}) {
      side->expired.store(false, std::memory_order_relaxed);
      side->empty_since.store(kNotEmpty, std::memory_order_relaxed);
    }
    d->state_.store(kOwned, std::memory_order_release);
    failed = start_polling(fd, *d);
  }
  if (failed == 0) {
    ec.clear();
    return d;
  }
  ec.assign(failed, std::generic_category());
  if (d != nullptr) {
    d->disown();
  } else {
    ::close(fd);
  }
  return nullptr;
}

void Descriptor::disown() noexcept {
  close();
  const std::uint32_t before = state_.fetch_and(~kOwned, std::memory_order_acq_rel);
  settle(before, before & ~kOwned);
}

bool Descriptor::enter() noexcept {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  do {
    if ((state & kClosed) != 0) return false;
  } while (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire, std::memory_order_relaxed));
  return true;
}

void Descriptor::leave() noexcept {
  const std::uint32_t before = state_.fetch_sub(1, std::memory_order_acq_rel);
  settle(before, before - 1);
}

// Of the changes of a closed descriptor's state one takes the last operation away, and one leaves nothing at all: once
// it is closed nobody enters. See I1, I2.
void Descriptor::settle(std::uint32_t before, std::uint32_t after) noexcept {
  if ((after & kClosed) == 0 || (after & kOperations) != 0) return;
  const bool was_in_use = (before & kClosed) == 0 || (before & kOperations) != 0;
  if (was_in_use) {
    const os::ErrnoGuard guard;
    sched::poll_remove(fd_);
    ::close(fd_);
  }
  if ((after & kOwned) == 0) recycle();
}

void Descriptor::recycle() noexcept {
  const Section section;
  for (Side* side : {&read_, &write_}) {
    detail::timer_cancel(*side);
    side->deadline = side->armed_for = kNever;
  }
  const SpinGuard guard(free_descriptors.lock);
  next_free_ = free_descriptors.top;
  free_descriptors.top = this;
}

void Descriptor::close() noexcept {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  do {
    if ((state & kClosed) != 0) return;
  } while (!state_.compare_exchange_weak(state, state | kClosed, std::memory_order_acq_rel, std::memory_order_relaxed));
  const Section section;
  wake(read_);
  wake(write_);
  settle(state, state | kClosed);
}

std::error_code Descriptor::ended(const Side& side) const noexcept {
  if (is_closed()) return errc::closed;
  if (side.expired.load(std::memory_order_relaxed)) return errc::deadline_exceeded;
  return {};
}

std::error_code Descriptor::wait(Side& side, std::uint32_t seen, const detail::WaitLimits& limits) noexcept {
  const Section section;
  if (fork_generation_ != fork_generation()) listen_after_fork();
  side.lock.lock();
  const std::error_code end = ended(side);
  if (end || side.edges.load(std::memory_order_relaxed) != seen) {
    side.lock.unlock();
    return end;
  }
  sched::count_poll_waiter(1);
  detail::Waiter waiter;
  const WaitEnd woken =
      detail::wait_in_list(side.lock, side.waiters, waiter, limits, {detail::WaitReason::kPoll, this});
  sched::count_poll_waiter(-1);
  if (woken == WaitEnd::kDeadline) return errc::deadline_exceeded;
  if (woken == WaitEnd::kContext) return errc::cancelled;
  return {};
}

void Descriptor::set_deadline(Direction direction, MonotonicNanos when) noexcept {
  Side& side = direction == Direction::kRead ? read_ : write_;
  const bool passed = when != kNever && when <= detail::monotonic_now();
  const Section section;
  const SpinGuard one_at_a_time(side.deadline_lock);
  side.lock.lock();
  side.deadline = when;
  side.expired.store(passed, std::memory_order_relaxed);
  const bool too_late = !passed && when < side.armed_for;
  passed ? wake_all_unlock(side) : side.lock.unlock();
  if (!too_late) return;
  detail::timer_cancel(side);
  const SpinGuard guard(side.lock);
  side.armed_for = when;
  detail::timer_arm(side, when);
}

bool Descriptor::watch(Watcher& watcher, std::uint32_t seen) noexcept {
  const Section section;
  if (fork_generation_ != fork_generation()) listen_after_fork();
  const SpinGuard guard(read_.lock);
  if (ended(read_) || read_.edges.load(std::memory_order_relaxed) != seen) return false;
  read_.watcher = &watcher;
  sched::count_poll_waiter(1);
  return true;
}

bool Descriptor::watch_from_now_on(Watcher& watcher) noexcept {
  const Section section;
  if (fork_generation_ != fork_generation()) listen_after_fork();
  const SpinGuard guard(read_.lock);
  if (ended(read_)) return false;
  read_.watcher = &watcher;
  sched::count_poll_waiter(1);
  return true;
}

bool Descriptor::unwatch(Watcher& watcher) noexcept {
  const Section section;
  const SpinGuard guard(read_.lock);
  if (read_.watcher != &watcher) return false;
  read_.watcher = nullptr;
  sched::count_poll_waiter(-1);
  return true;
}

// A child has a poller of its own, which knows nothing of what its parent had open.
void Descriptor::listen_after_fork() noexcept {
  fork_generation_ = fork_generation();
  sched::poll_add(fd_, *this);
}

// Lets go of the side's lock.
void Descriptor::wake_all_unlock(Side& side) noexcept {
  Watcher* const watcher = std::exchange(side.watcher, nullptr);
  detail::wake_all_unlock(side.lock, side.waiters);
  if (watcher == nullptr) return;
  sched::count_poll_waiter(-1);
  watcher->on_readable(*watcher);
}

void Descriptor::wake(Side& side) noexcept {
  side.lock.lock();
  wake_all_unlock(side);
}

void Descriptor::note_edge(Side& side) noexcept {
  side.lock.lock();
  side.edges.store(side.edges.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  wake_all_unlock(side);
}

void Descriptor::on_edge(sched::PollTarget& target, const os::Readiness& ready) noexcept {
  auto& descriptor = static_cast<Descriptor&>(target);
  if (ready.exceptional)
    descriptor.exceptional_.store(true, std::memory_order_relaxed);  // before the edge that tells of it
  if (ready.readable) note_edge(descriptor.read_);
  if (ready.writable) note_edge(descriptor.write_);
}

void Descriptor::on_deadline(detail::TimerNode* timer) noexcept {
  Side& side = *static_cast<Side*>(timer);
  side.lock.lock();
  side.armed_for = kNever;
  if (side.deadline <= detail::monotonic_now()) {
    side.expired.store(true, std::memory_order_relaxed);
    wake_all_unlock(side);
    return;
  }
  if (side.deadline != kNever) {
    side.armed_for = side.deadline;
    detail::timer_arm(side, side.deadline);
  }
  side.lock.unlock();
}

}  // namespace weft::net
