// What a poller stands on: readiness of many descriptors, edge-triggered, and a bell that ends a wait from outside.
// Epoll in the product, a fake one in the models; why not io_uring: docs/design/runtime.md, "The poller".
//
// poll_backend_test.cc and poll_bell_test.cc hold each of them, and a fake one, to what is said here.
#pragma once

#include <cstdint>

namespace weft::os {

/// What became ready, for the tag that the descriptor was added with.
struct Readiness {
  void* tag;
  bool readable, writable;  // an error or a hang-up is both
  bool exceptional;         // an end, an error or an out-of-band byte is there as well: more than data
};

/// Thread safety: all but open() and reopen_after_fork() from anywhere. All keep errno.
class PollBackend {
 public:
  static constexpr int kMostAtOnce = 128;

  /// 0, or errno's value.
  virtual int open() noexcept = 0;
  virtual bool is_open() const noexcept = 0;

  /// From now on each edge of either kind is told once, the present state too; what is ready besides may be told with
  /// it. `tag` is not null. 0, or errno's value (EPERM: a file, which is always ready).
  virtual int add(int descriptor, void* tag) noexcept = 0;
  /// Before the descriptor is closed, which then is so at once. Whoever waits meanwhile may still be told of it.
  virtual void remove(int descriptor) noexcept = 0;

  /// Waits until something is ready, ring() was called, or `deadline` on the monotonic clock has passed (0: does not
  /// wait; INT64_MAX: for ever). Returns how many of `ready` were filled in; 0 for the bell, the deadline, a signal.
  virtual int wait(Readiness (&ready)[kMostAtOnce], std::int64_t deadline_nanos) noexcept = 0;

  /// Ends a wait, one that is under way or the next; who only looks (deadline 0) leaves the bell to those who wait.
  /// Async-signal-safe.
  virtual void ring() noexcept = 0;

  /// A fork()'s child shares its parent's set: it needs its own, empty.
  virtual void reopen_after_fork() noexcept = 0;

 protected:
  constexpr PollBackend() noexcept = default;
  ~PollBackend() = default;
};

/// The process's own, not open at first.
PollBackend& poll_backend() noexcept;

}  // namespace weft::os
