// What poll_backend.h promises of descriptors; of waiting: poll_bell_test.cc.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <thread>
#include <vector>

#include "support/poll_contract.h"

namespace weft::os {
namespace {

INSTANTIATE_TEST_SUITE_P(Os, PollContract, ::testing::Values(Kind::kEpoll, Kind::kFake), name_of);

TEST_P(PollContract, ThePresentStateIsToldOnce) {
  const auto [near, far] = world_->connect();
  int tag = 0;
  ASSERT_EQ(backend().add(near, &tag), 0);
  ASSERT_EQ(wait(in(kLong)), 1);
  EXPECT_EQ(told_of(&tag).writable, 1);
  EXPECT_EQ(told_of(&tag).readable, 0);
  EXPECT_EQ(told_of(&tag).exceptional, 0);
  expect_nothing();
}

TEST_P(PollContract, WhatArrivedBeforeIsPartOfThePresentState) {
  const auto [near, far] = world_->connect();
  world_->write(far, 1);
  const Connection connection{near, far};
  ASSERT_EQ(backend().add(near, const_cast<Connection*>(&connection)), 0);
  expect_readable(connection);
}

TEST_P(PollContract, EachArrivalIsAnEdge) {
  Connection connection;
  connect(connection);
  world_->write(connection.far, 1);
  expect_readable(connection);
  expect_nothing();  // though it is still there
  world_->write(connection.far, 1);
  expect_readable(connection);  // though it was never empty
  expect_nothing();
}

TEST_P(PollContract, AnArrivalAfterAPartialReadIsAnEdge) {
  Connection connection;
  connect(connection);
  world_->write(connection.far, 10);
  expect_readable(connection);
  EXPECT_EQ(world_->read(connection.near, 4), 4);
  expect_nothing();
  world_->write(connection.far, 1);
  expect_readable(connection);
  EXPECT_EQ(world_->read(connection.near, 100), 7);
}

TEST_P(PollContract, RoomAfterNoneIsAnEdge) {
  constexpr int kBytes = 1 << 20;
  Connection connection;
  connect(connection);
  while (world_->write(connection.near, kBytes) > 0) {
  }
  wait(in(kSoon));  // room that there was meanwhile
  while (world_->write(connection.near, kBytes) > 0) {
  }
  told_.clear();
  const std::int64_t deadline = in(kLong);
  while (told_of(&connection).writable == 0 && monotonic_nanos() < deadline) {
    while (world_->read(connection.far, kBytes) > 0) {
    }
    wait(in(kSoon));
  }
  EXPECT_GT(told_of(&connection).writable, 0);
  EXPECT_GT(world_->write(connection.near, 1), 0);
}

TEST_P(PollContract, AnEndIsReadableAndExceptional) {
  Connection connection;
  connect(connection);
  world_->end_writing(connection.far);
  expect_told(connection, [](const Told& told) { return told.readable > 0 && told.exceptional > 0; });
}

TEST_P(PollContract, AnErrorIsEverything) {
  Connection connection;
  connect(connection);
  world_->reset(connection.far);
  expect_told(connection,
              [](const Told& told) { return told.readable > 0 && told.writable > 0 && told.exceptional > 0; });
}

TEST_P(PollContract, AnOutOfBandByteIsReadableAndExceptional) {
  if (GetParam() == Kind::kFake) GTEST_SKIP() << "it has none";
  Connection connection;
  connect(connection);
  ASSERT_EQ(::send(connection.far, "!", 1, MSG_OOB), 1);
  expect_told(connection, [](const Told& told) { return told.readable > 0 && told.exceptional > 0; });
}

TEST_P(PollContract, MoreThanFitAtOnceAreAllToldOnce) {
  constexpr int kMany = 2 * PollBackend::kMostAtOnce + 10;
  std::vector<Connection> connections(kMany);
  for (Connection& connection : connections) connect(connection);
  for (const Connection& connection : connections) world_->write(connection.far, 1);
  int told = 0;
  while (const int count = wait(in(10 * kSoon))) {
    EXPECT_LE(count, PollBackend::kMostAtOnce);
    told += count;
  }
  EXPECT_EQ(told, kMany);
  for (const Connection& connection : connections) EXPECT_EQ(told_of(&connection).readable, 1);
}

TEST_P(PollContract, WhatWasRemovedIsNotTold) {
  Connection connection, other;
  connect(connection);
  connect(other);
  world_->write(connection.far, 1);
  world_->write(other.far, 1);
  backend().remove(connection.near);
  expect_readable(other);
  world_->write(connection.far, 1);
  expect_nothing();
  EXPECT_EQ(told_.count(&connection), 0U);
}

TEST_P(PollContract, WhatWasRemovedMayBeAddedAgain) {
  Connection connection;
  connect(connection);
  backend().remove(connection.near);
  world_->write(connection.far, 1);
  ASSERT_EQ(backend().add(connection.near, &connection), 0);
  expect_readable(connection);
}

TEST_P(PollContract, AClosedDescriptorsNumberServesAnother) {
  Connection connection;
  connect(connection);
  for (int i = 0; i < 100; ++i) {
    Connection next;
    world_->write(connection.far, 1);
    backend().remove(connection.near);
    world_->close(connection.near);
    world_->close(connection.far);
    connect(next);
    EXPECT_EQ(next.near, connection.near);
    EXPECT_EQ(told_.count(&connection), 0U);
    connection = next;
    backend().remove(connection.near);
    ASSERT_EQ(backend().add(connection.near, &connection), 0);
    world_->write(connection.far, 1);
    expect_readable(connection);
    told_.clear();
  }
}

// A poller that holds the file itself lets go of it later: the peer waits for the end, the address is still in use.
TEST_P(PollContract, ACloseIsNotDelayed) {
  if (GetParam() == Kind::kFake) GTEST_SKIP() << "it holds no files";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "weft-poll-contract-%d", ::getpid());
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << errno;
    EXPECT_EQ(::listen(listener, 1), 0);
    int tag = 0;
    std::thread([&] { EXPECT_EQ(backend().add(listener, &tag), 0); }).join();
    wait(0);
    backend().remove(listener);
    ::close(listener);
  }
}

TEST_P(PollContract, WhatAnEndedThreadAddedIsToldAllTheSame) {
  Connection connection;
  std::thread([&] { connect(connection); }).join();
  wait(in(kSoon));  // a poller may have to ask anew, and tell the present state again
  told_.clear();
  world_->write(connection.far, 1);
  expect_readable(connection);
}

TEST_P(PollContract, WhatCannotBeAddedIsAnError) {
  int tag = 0;
  EXPECT_EQ(backend().add(-1, &tag), EBADF);
  const auto [near, far] = world_->connect();
  world_->close(near);
  EXPECT_EQ(backend().add(near, &tag), EBADF);
  if (GetParam() == Kind::kFake) return;
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(backend().add(file, &tag), EPERM);
  ::close(file);
  expect_nothing();
}

TEST_P(PollContract, EachEdgeIsToldToOneOfAllWhoWaitAndLook) {
  constexpr int kRounds = 300;
  Connection connection;
  connect(connection);
  std::atomic<bool> done{false};
  std::thread looker([&] {
    while (!done) wait(0);
  });
  std::thread waiter([&] {
    while (!done) wait(in(kSoon));
  });
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    world_->write(connection.far, 1);
    const std::int64_t deadline = in(kLong);
    while (told_of(&connection).readable <= i && monotonic_nanos() < deadline) std::this_thread::yield();
    EXPECT_EQ(told_of(&connection).readable, i + 1);
    world_->read(connection.near, 1);
  }
  done = true;
  looker.join();
  waiter.join();
}

TEST_P(PollContract, DescriptorsComeAndGoWhileOthersWait) {
  std::atomic<bool> done{false};
  std::atomic<int> told{0};
  std::thread waiter([&] {
    Readiness ready[PollBackend::kMostAtOnce];
    while (!done) {
      const int count = backend().wait(ready, in(kSoon));
      for (int i = 0; i < count; ++i) {
        if (ready[i].readable) ++*static_cast<std::atomic<int>*>(ready[i].tag);
      }
    }
  });
  for (int i = 0; i < 300; ++i) {
    const auto [near, far] = world_->connect();
    const int before = told;
    std::thread([&, end = near] { EXPECT_EQ(backend().add(end, &told), 0); }).join();
    world_->write(far, 1);
    const std::int64_t deadline = in(kLong);
    while (told == before && monotonic_nanos() < deadline) std::this_thread::yield();
    EXPECT_GT(told, before);
    backend().remove(near);
    world_->close(near);
    world_->close(far);
  }
  done = true;
  waiter.join();
}

}  // namespace
}  // namespace weft::os
