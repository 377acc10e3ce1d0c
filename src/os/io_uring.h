// The poller on io_uring: a multishot poll request a descriptor.
//
// The kernel looks at a request's descriptor on the thread that submitted it, which it wakes or interrupts for that, and
// takes the request away when that thread ends: then whoever waits asks anew. A request holds its file, so remove() is
// what lets a descriptor go.
#pragma once

#include <liburing.h>

#include <cstddef>

#include "os/poll_backend.h"
#include "weft/detail/spin_lock.h"

namespace weft::os {

class IoUring final : public PollBackend {
 public:
  constexpr IoUring() noexcept = default;

  int open() noexcept override;
  bool is_open() const noexcept override { return bell_ >= 0; }
  int add(int descriptor, void* tag) noexcept override;
  void remove(int descriptor) noexcept override;
  int wait(Readiness (&ready)[kMostAtOnce], std::int64_t deadline_nanos) noexcept override;
  void ring() noexcept override;
  void reopen_after_fork() noexcept override;

 private:
  // What is asked for a descriptor. The number may be in use again before the last answer about the one before is read:
  // its generation is another then.
  struct Request {
    void* tag;  // null: none
    std::uint32_t generation;
  };

  ::io_uring_sqe& next_entry_locked() noexcept;
  void ask_locked(int descriptor, std::uint64_t name) noexcept;
  bool make_room_locked(int descriptor) noexcept;
  int reap(Readiness (&ready)[kMostAtOnce], bool& rung) noexcept;
  bool take_locked(const ::io_uring_cqe& answer, Readiness& ready, bool& rung) noexcept;
  void sleep(std::int64_t deadline_nanos) noexcept;

  ::io_uring ring_{};
  int bell_ = -1;
  detail::SpinLock lock_;        // of both ends of the ring and of what follows
  Request* requests_ = nullptr;  // by descriptor
  std::size_t room_ = 0;
};

}  // namespace weft::os
