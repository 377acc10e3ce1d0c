// What poll_backend.h promises of waiting: the bell, the deadline, signals, fork().
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "support/poll_contract.h"

namespace weft::os {
namespace {

INSTANTIATE_TEST_SUITE_P(Os, PollContract, ::testing::Values(Kind::kEpoll, Kind::kFake), name_of);

TEST_P(PollContract, ARingEndsTheNextWait) {
  backend().ring();
  EXPECT_EQ(wait(in(kLong)), 0);
  const std::int64_t begin = monotonic_nanos();
  EXPECT_EQ(wait(in(kSoon)), 0);
  EXPECT_GE(monotonic_nanos() - begin, kSoon);  // one, and no more
}

TEST_P(PollContract, ARingEndsTheWaitUnderWay) {
  for (int i = 0; i < 100; ++i) {
    const std::int64_t begin = monotonic_nanos();
    std::thread ringer([&] { backend().ring(); });
    EXPECT_EQ(wait(in(kLong)), 0);
    EXPECT_LT(monotonic_nanos() - begin, kLong);
    ringer.join();
  }
}

TEST_P(PollContract, ALookLeavesTheBellToWhoWaits) {
  backend().ring();
  EXPECT_EQ(wait(0), 0);
  const std::int64_t begin = monotonic_nanos();
  EXPECT_EQ(wait(in(kLong)), 0);
  EXPECT_LT(monotonic_nanos() - begin, kLong);
}

TEST_P(PollContract, LooksTakeNoBellFromTheWaitUnderWay) {
  std::atomic<bool> done{false};
  std::thread looker([&] {
    while (!done) wait(0);
  });
  for (int i = 0; i < 1000 && !HasFailure(); ++i) {
    const std::int64_t begin = monotonic_nanos();
    std::thread ringer([&] { backend().ring(); });
    wait(in(kLong));
    ringer.join();
    EXPECT_LT(monotonic_nanos() - begin, kLong) << i;
  }
  done = true;
  looker.join();
}

PollBackend* rung_by_signal = nullptr;

TEST_P(PollContract, ARingInASignalHandlerCounts) {
  rung_by_signal = &backend();
  const auto before = std::signal(SIGUSR1, [](int) { rung_by_signal->ring(); });
  std::raise(SIGUSR1);
  const std::int64_t begin = monotonic_nanos();
  EXPECT_EQ(wait(in(kLong)), 0);
  EXPECT_LT(monotonic_nanos() - begin, kLong);
  std::signal(SIGUSR1, before);
}

TEST_P(PollContract, ASignalEndsTheWait) {
  struct sigaction action{}, before{};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, &before);
  std::atomic<bool> ended{false};
  std::thread waiter([&] {
    EXPECT_EQ(wait(in(kLong)), 0);
    ended = true;
  });
  const std::int64_t begin = monotonic_nanos();
  while (!ended) {
    ::pthread_kill(waiter.native_handle(), SIGUSR1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  waiter.join();
  EXPECT_LT(monotonic_nanos() - begin, kLong);
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_P(PollContract, TheDeadlineIsHonoured) {
  for (const std::int64_t nanos : {kMilli / 5, 3 * kMilli, kSoon}) {
    const std::int64_t begin = monotonic_nanos();
    EXPECT_EQ(wait(begin + nanos), 0);
    EXPECT_GE(monotonic_nanos() - begin, nanos);
    EXPECT_LT(monotonic_nanos() - begin, nanos + kLong);
  }
  const std::int64_t begin = monotonic_nanos();
  EXPECT_EQ(wait(begin - kSecond), 0);
  EXPECT_EQ(wait(0), 0);
  EXPECT_LT(monotonic_nanos() - begin, kLong);
}

TEST_P(PollContract, WhatIsReadyEndsAWaitForEver) {
  Connection connection;
  connect(connection);
  std::thread writer([&] { world_->write(connection.far, 1); });
  EXPECT_EQ(wait(INT64_MAX), 1);
  writer.join();
}

TEST_P(PollContract, ErrnoIsKept) {
  Connection connection;
  connect(connection);
  errno = EDOM;
  wait(in(kMilli));
  wait(0);
  backend().ring();
  wait(in(kLong));
  backend().add(-1, &connection);
  backend().remove(connection.near);
  EXPECT_EQ(errno, EDOM);
}

TEST_P(PollContract, AForkedChildHasASetOfItsOwn) {
  Connection connection;
  connect(connection);
  const pid_t child = ::fork();
  if (child == 0) {
    Readiness ready[PollBackend::kMostAtOnce];
    backend().reopen_after_fork();
    world_->write(connection.far, 1);
    const bool empty = backend().wait(ready, in(kSoon)) == 0;
    const bool added = backend().add(connection.near, &ready) == 0;
    const bool told = backend().wait(ready, in(kLong)) == 1 && ready[0].tag == &ready && ready[0].readable;
    backend().ring();
    const bool rung = backend().wait(ready, in(kLong)) == 0;
    ::_exit(empty && added && told && rung ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  world_->write(connection.far, 1);
  expect_readable(connection);  // the parent's is as it was
}

}  // namespace
}  // namespace weft::os
