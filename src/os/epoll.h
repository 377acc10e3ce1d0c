// Readiness of many descriptors: epoll, edge-triggered, and a bell that ends a wait from outside.
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
class Epoll {
 public:
  static constexpr int kMostAtOnce = 128;

  constexpr Epoll() noexcept = default;

  /// 0, or errno's value.
  int open() noexcept;
  bool is_open() const noexcept { return epoll_ >= 0; }

  /// From now on each edge of either kind is told once, the present state too. 0, or errno's value (EPERM: a file,
  /// which is always ready).
  int add(int descriptor, void* tag) noexcept;
  void remove(int descriptor) noexcept;

  /// Waits until something is ready, ring() was called, or `deadline` on the monotonic clock has passed (0: does not
  /// wait; INT64_MAX: for ever). Returns how many of `ready` were filled in; 0 for the bell, the deadline, a signal.
  int wait(Readiness (&ready)[kMostAtOnce], std::int64_t deadline_nanos) noexcept;

  /// Ends one wait, now or the next. Async-signal-safe.
  void ring() noexcept;

  /// A fork()'s child shares its parent's set: it needs its own, empty.
  void reopen_after_fork() noexcept;

 private:
  int epoll_ = -1;
  int bell_ = -1;
};

}  // namespace weft::os
