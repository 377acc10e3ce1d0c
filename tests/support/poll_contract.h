// The fixture of what poll_backend.h promises, for every poller there is and a fake one.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "os/clock.h"
#include "support/poll_worlds.h"

namespace weft::os {

constexpr std::int64_t kMilli = 1'000'000, kSecond = 1000 * kMilli;
constexpr std::int64_t kSoon = 20 * kMilli;  // for what is not to come
constexpr std::int64_t kLong = 10 * kSecond;

inline std::int64_t in(std::int64_t nanos) { return monotonic_nanos() + nanos; }

struct Told {
  int readable = 0, writable = 0, exceptional = 0;
};

enum class Kind { kEpoll, kFake };

inline std::string name_of(const ::testing::TestParamInfo<Kind>& kind) {
  return kind.param == Kind::kEpoll ? "epoll" : "fake";
}

/// A poller of either kind, in a world of its own, and what was told so far.
class PollContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::kFake) {
      world_ = std::make_unique<FakeWorld>();
      return;
    }
    PollBackend& epoll = poll_backend();
    ASSERT_EQ(epoll.is_open() ? 0 : epoll.open(), 0);
    world_ = std::make_unique<KernelWorld>(epoll);
    rest();
  }

  PollBackend& backend() { return world_->backend(); }

  // The process has one of each, and the test before has used it.
  void rest() {
    const std::int64_t span = 5 * kMilli;
    std::int64_t begin;
    do {
      begin = monotonic_nanos();
      wait(begin + span);
    } while (monotonic_nanos() - begin < span);
    told_.clear();
  }

  /// An end that was added, with its own address as the tag, and whose present state was told.
  struct Connection {
    int near = -1, far = -1;
  };
  void connect(Connection& connection) {
    const auto [near, far] = world_->connect();
    connection = {near, far};
    ASSERT_EQ(backend().add(near, &connection), 0);
    expect_told(connection, [](const Told& told) { return told.writable > 0; });
  }

  int wait(std::int64_t deadline) {
    Readiness ready[PollBackend::kMostAtOnce];
    const int count = backend().wait(ready, deadline);
    const std::lock_guard guard(lock_);
    for (int i = 0; i < count; ++i) {
      Told& told = told_[ready[i].tag];
      told.readable += ready[i].readable;
      told.writable += ready[i].writable;
      told.exceptional += ready[i].exceptional;
    }
    return count;
  }
  Told told_of(const void* tag) {
    const std::lock_guard guard(lock_);
    return told_[tag];
  }
  template <class F>
  void expect_told(const Connection& connection, F enough) {
    const std::int64_t deadline = in(kLong);
    while (!enough(told_of(&connection)) && monotonic_nanos() < deadline) wait(in(kSecond));
    EXPECT_TRUE(enough(told_of(&connection)));
    told_.erase(&connection);
  }
  void expect_readable(const Connection& connection) {
    expect_told(connection, [](const Told& told) { return told.readable > 0; });
  }
  void expect_nothing() { EXPECT_EQ(wait(in(kSoon)), 0); }

  std::unique_ptr<PollWorld> world_;
  std::mutex lock_;
  std::map<const void*, Told> told_;
};

}  // namespace weft::os
