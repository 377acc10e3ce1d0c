// Descriptors for a poller to look at: the kernel's, or those of the fake.
#pragma once

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <vector>

#include "os/poll_backend.h"
#include "support/fake_poll_backend.h"

namespace weft::os {

/// A poller, open and empty, and connections.
class PollWorld {
 public:
  virtual ~PollWorld() = default;
  virtual PollBackend& backend() = 0;
  virtual std::array<int, 2> connect() = 0;
  virtual int write(int end, int bytes) = 0;  // what there is room for
  virtual int read(int end, int bytes) = 0;   // what has arrived; none: 0
  virtual void end_writing(int end) = 0;
  virtual void reset(int end) = 0;  // and closes it
  virtual void close(int end) = 0;
};

class FakeWorld final : public PollWorld {
 public:
  FakeWorld() { fake_->open(); }
  PollBackend& backend() override { return *fake_; }
  std::array<int, 2> connect() override { return fake_->connect(); }
  int write(int end, int bytes) override { return fake_->write(end, bytes); }
  int read(int end, int bytes) override { return fake_->read(end, bytes); }
  void end_writing(int end) override { fake_->end_writing(end); }
  void reset(int end) override { fake_->reset(end); }
  void close(int end) override { fake_->close(end); }

 private:
  const std::unique_ptr<FakePollBackend> fake_ = std::make_unique<FakePollBackend>(1024);
};

/// TCP over loopback.
class KernelWorld final : public PollWorld {
 public:
  explicit KernelWorld(PollBackend& backend) : backend_(backend) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address_;
    EXPECT_EQ(::bind(listener_, name(), bytes), 0);
    EXPECT_EQ(::listen(listener_, 128), 0);
    ::getsockname(listener_, name(), &bytes);
  }
  ~KernelWorld() override {
    for (const int end : ends_) {
      backend_.remove(end);
      ::close(end);
    }
    ::close(listener_);
  }

  PollBackend& backend() override { return backend_; }
  std::array<int, 2> connect() override {
    const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(one, name(), sizeof address_), 0);
    const int other = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    EXPECT_GE(other, 0);
    ends_.insert(ends_.end(), {one, other});
    return {one, other};
  }
  int write(int end, int bytes) override { return transfer(::send(end, buffer(bytes), size(bytes), kFlags)); }
  int read(int end, int bytes) override { return transfer(::recv(end, buffer(bytes), size(bytes), kFlags)); }
  void end_writing(int end) override { ::shutdown(end, SHUT_WR); }
  void reset(int end) override {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(end, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(end);
  }
  void close(int end) override {
    std::erase(ends_, end);
    ::close(end);
  }

 private:
  static constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  static std::size_t size(int bytes) { return static_cast<std::size_t>(bytes); }
  static int transfer(ssize_t bytes) { return bytes > 0 ? static_cast<int>(bytes) : 0; }
  sockaddr* name() { return reinterpret_cast<sockaddr*>(&address_); }
  char* buffer(int bytes) {
    if (buffer_.size() < size(bytes)) buffer_.resize(size(bytes));
    return buffer_.data();
  }

  PollBackend& backend_;
  int listener_ = -1;
  sockaddr_in address_{};
  std::vector<int> ends_;
  std::vector<char> buffer_;
};

}  // namespace weft::os
