#include "os/epoll.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

#include "os/clock.h"
#include "os/errno_guard.h"
#include "weft/detail/atomic.h"

namespace weft::os {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000, kNanosPerMilli = 1'000'000;

detail::Atomic<bool> no_nanosecond_wait{false};  // a kernel before 5.11, or an emulator

int wait_millis(int epoll, epoll_event* events, int most, std::int64_t nanos) noexcept {
  const std::int64_t millis = (nanos + kNanosPerMilli - 1) / kNanosPerMilli;  // never early
  return ::epoll_wait(epoll, events, most, static_cast<int>(std::min<std::int64_t>(millis, INT_MAX)));
}

int wait_nanos(int epoll, epoll_event* events, int most, std::int64_t nanos) noexcept {
  if (!no_nanosecond_wait.load(std::memory_order_relaxed)) {
    const timespec timeout{static_cast<time_t>(nanos / kNanosPerSecond), static_cast<long>(nanos % kNanosPerSecond)};
    const int count = ::epoll_pwait2(epoll, events, most, &timeout, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    no_nanosecond_wait.store(true, std::memory_order_relaxed);
  }
  return wait_millis(epoll, events, most, nanos);
}

}  // namespace

int Epoll::open() noexcept {
  const ErrnoGuard guard;
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return errno;
  bell_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};  // until it is read: a look must not take it away
  if (bell_ >= 0 && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, bell_, &event) == 0) return 0;
  const int failed = errno;
  ::close(epoll_);
  if (bell_ >= 0) ::close(bell_);
  epoll_ = bell_ = -1;
  return failed;
}

int Epoll::add(int descriptor, void* tag) noexcept {
  const ErrnoGuard guard;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = tag;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

void Epoll::remove(int descriptor) noexcept {
  const ErrnoGuard guard;
  epoll_event unused{};
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &unused);
}

int Epoll::wait(Readiness (&ready)[kMostAtOnce], std::int64_t deadline_nanos) noexcept {
  constexpr std::uint32_t kBoth = EPOLLERR | EPOLLHUP;
  const ErrnoGuard guard;
  epoll_event events[kMostAtOnce];
  int count;
  if (deadline_nanos == 0) {
    count = ::epoll_wait(epoll_, events, kMostAtOnce, 0);
  } else if (deadline_nanos == INT64_MAX) {
    count = ::epoll_wait(epoll_, events, kMostAtOnce, -1);
  } else {
    count = wait_nanos(epoll_, events, kMostAtOnce, std::max<std::int64_t>(0, deadline_nanos - monotonic_nanos()));
  }
  int filled = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[i];
    if (event.data.ptr == nullptr) {
      if (deadline_nanos != 0) hush();
      continue;
    }
    ready[filled++] = {event.data.ptr, (event.events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | kBoth)) != 0,
                       (event.events & (EPOLLOUT | kBoth)) != 0, (event.events & (EPOLLPRI | EPOLLRDHUP | kBoth)) != 0};
  }
  return filled;
}

// The bell has ended a wait.
void Epoll::hush() noexcept {
  std::uint64_t rings;
  [[maybe_unused]] const ssize_t bytes = ::read(bell_, &rings, sizeof rings);  // fails where another was first
}

void Epoll::ring() noexcept {
  const ErrnoGuard guard;
  const std::uint64_t one = 1;
  // It fails when the counter is full, after 2^64 rings: then it rings already.
  [[maybe_unused]] const ssize_t written = ::write(bell_, &one, sizeof one);
}

void Epoll::reopen_after_fork() noexcept {
  if (!is_open()) return;
  const ErrnoGuard guard;
  ::close(epoll_);
  ::close(bell_);
  epoll_ = bell_ = -1;
  open();
}

}  // namespace weft::os
