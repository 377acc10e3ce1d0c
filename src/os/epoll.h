// The poller on epoll.
#pragma once

#include "os/poll_backend.h"

namespace weft::os {

class Epoll final : public PollBackend {
 public:
  constexpr Epoll() noexcept = default;

  int open() noexcept override;
  bool is_open() const noexcept override { return epoll_ >= 0; }
  int add(int descriptor, void* tag) noexcept override;
  void remove(int descriptor) noexcept override;
  int wait(Readiness (&ready)[kMostAtOnce], std::int64_t deadline_nanos) noexcept override;
  void ring() noexcept override;
  void reopen_after_fork() noexcept override;

 private:
  void hush() noexcept;

  int epoll_ = -1;
  int bell_ = -1;
};

}  // namespace weft::os
