#include "os/io_uring.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "os/clock.h"
#include "os/errno_guard.h"

namespace weft::os {

using detail::SpinGuard;

namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr unsigned kEntries = 2 * PollBackend::kMostAtOnce;  // each answer of a batch may have to be asked for anew
constexpr unsigned kAnswers = 4096;                          // the kernel keeps what is beyond
constexpr std::uint64_t kBell = ~std::uint64_t{0}, kNobody = kBell - 1;
constexpr unsigned kAll = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP;

std::uint64_t name_of(int descriptor, std::uint32_t generation) noexcept {
  return std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(descriptor);
}

// epoll says so itself; here an answer would come, some time.
int refusal(int descriptor) noexcept {
  struct stat status;
  if (::fstat(descriptor, &status) != 0) return errno;
  return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) ? EPERM : 0;
}

}  // namespace

int IoUring::open() noexcept {
  const ErrnoGuard guard;
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  parameters.cq_entries = kAnswers;
  if (const int failed = ::io_uring_queue_init_params(kEntries, &ring_, &parameters); failed != 0) return -failed;
  constexpr unsigned kNeeded = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_CQE_SKIP;
  int failed = (parameters.features & kNeeded) == kNeeded ? 0 : ENOSYS;
  const int bell = failed == 0 ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
  if (failed == 0 && bell < 0) failed = errno;
  if (failed != 0) {
    ::io_uring_queue_exit(&ring_);
    return failed;
  }
  const SpinGuard locked(lock_);
  bell_ = bell;
  ask_locked(bell, kBell);
  ::io_uring_submit(&ring_);
  return 0;
}

// What could not be submitted, for want of memory in the kernel, goes with the next.
::io_uring_sqe& IoUring::next_entry_locked() noexcept {
  ::io_uring_sqe* entry;
  while ((entry = ::io_uring_get_sqe(&ring_)) == nullptr) ::io_uring_submit(&ring_);
  return *entry;
}

void IoUring::ask_locked(int descriptor, std::uint64_t name) noexcept {
  ::io_uring_sqe& entry = next_entry_locked();
  ::io_uring_prep_poll_multishot(&entry, descriptor, kAll);  // edge-triggered unless told otherwise
  entry.user_data = name;
}

bool IoUring::make_room_locked(int descriptor) noexcept {
  const auto needed = static_cast<std::size_t>(descriptor) + 1;
  if (needed <= room_) return true;
  const std::size_t room = std::max<std::size_t>({needed, 2 * room_, 64});
  auto* requests = static_cast<Request*>(std::realloc(requests_, room * sizeof(Request)));
  if (requests == nullptr) return false;
  std::fill(requests + room_, requests + room, Request{});
  requests_ = requests;
  room_ = room;
  return true;
}

int IoUring::add(int descriptor, void* tag) noexcept {
  const ErrnoGuard guard;
  if (const int refused = refusal(descriptor); refused != 0) return refused;
  const SpinGuard locked(lock_);
  if (!make_room_locked(descriptor)) return ENOMEM;
  Request& request = requests_[descriptor];
  if (request.tag != nullptr) return EEXIST;
  request = {tag, request.generation + 1};
  ask_locked(descriptor, name_of(descriptor, request.generation));
  ::io_uring_submit(&ring_);
  return 0;
}

void IoUring::remove(int descriptor) noexcept {
  const ErrnoGuard guard;
  const SpinGuard locked(lock_);
  if (descriptor < 0 || static_cast<std::size_t>(descriptor) >= room_) return;
  Request& request = requests_[descriptor];
  if (request.tag == nullptr) return;
  request.tag = nullptr;
  ::io_uring_sqe& entry = next_entry_locked();
  // Not IORING_OP_POLL_REMOVE: that gives up (EALREADY) where the kernel is just about to answer, and the request stays.
  ::io_uring_prep_cancel64(&entry, name_of(descriptor, request.generation), 0);
  entry.user_data = kNobody;
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  ::io_uring_submit(&ring_);
}

// True: `ready` was filled in.
bool IoUring::take_locked(const ::io_uring_cqe& answer, Readiness& ready, bool& rung) noexcept {
  constexpr std::uint32_t kBoth = EPOLLERR | EPOLLHUP;
  const std::uint64_t name = answer.user_data;
  const bool goes_on = (answer.flags & IORING_CQE_F_MORE) != 0;
  if (name == kBell) {
    rung = true;
    if (!goes_on) ask_locked(bell_, kBell);
    return false;
  }
  const std::uint64_t descriptor = name & UINT32_MAX;
  if (name == kNobody || descriptor >= room_) return false;
  const Request& request = requests_[descriptor];
  if (request.tag == nullptr || request.generation != name >> 32) return false;
  const bool cancelled = answer.res == -ECANCELED;
  if (!goes_on && (answer.res >= 0 || cancelled)) ask_locked(static_cast<int>(descriptor), name);
  if (cancelled) return false;  // with its thread; what is there will be told by the new one
  const std::uint32_t events = answer.res < 0 ? kBoth : static_cast<std::uint32_t>(answer.res);
  ready = {request.tag, (events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | kBoth)) != 0, (events & (EPOLLOUT | kBoth)) != 0,
           (events & (EPOLLPRI | EPOLLRDHUP | kBoth)) != 0};
  return true;
}

int IoUring::reap(Readiness (&ready)[kMostAtOnce], bool& rung) noexcept {
  const SpinGuard locked(lock_);
  ::io_uring_cqe* answers[kMostAtOnce];
  const unsigned count = ::io_uring_peek_batch_cqe(&ring_, answers, kMostAtOnce);
  int filled = 0;
  for (unsigned i = 0; i < count; ++i) filled += take_locked(*answers[i], ready[filled], rung) ? 1 : 0;
  ::io_uring_cq_advance(&ring_, count);
  if (::io_uring_sq_ready(&ring_) != 0) ::io_uring_submit(&ring_);
  return filled;
}

void IoUring::sleep(std::int64_t deadline_nanos) noexcept {
  const std::int64_t nanos = std::max<std::int64_t>(0, deadline_nanos - monotonic_nanos());
  __kernel_timespec timeout{nanos / kNanosPerSecond, nanos % kNanosPerSecond};
  io_uring_getevents_arg argument{};
  if (deadline_nanos != INT64_MAX) argument.ts = reinterpret_cast<std::uintptr_t>(&timeout);
  ::io_uring_enter2(static_cast<unsigned>(ring_.ring_fd), 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG,
                    reinterpret_cast<sigset_t*>(&argument), sizeof argument);
}

int IoUring::wait(Readiness (&ready)[kMostAtOnce], std::int64_t deadline_nanos) noexcept {
  const ErrnoGuard guard;
  bool rung = false;
  int filled = reap(ready, rung);
  if (deadline_nanos == 0) {
    if (rung) ring();
    return filled;
  }
  if (filled != 0 || rung) return filled;
  sleep(deadline_nanos);
  return reap(ready, rung);
}

void IoUring::ring() noexcept {
  const ErrnoGuard guard;
  const std::uint64_t one = 1;
  // It fails when the counter is full, after 2^64 rings: then an edge has been told long since.
  [[maybe_unused]] const ssize_t written = ::write(bell_, &one, sizeof one);
}

void IoUring::reopen_after_fork() noexcept {
  if (!is_open()) return;
  const ErrnoGuard guard;
  lock_.unlock();  // its holder stayed behind
  ::io_uring_queue_exit(&ring_);
  ::close(bell_);
  bell_ = -1;
  std::fill(requests_, requests_ + room_, Request{});
  open();
}

}  // namespace weft::os
