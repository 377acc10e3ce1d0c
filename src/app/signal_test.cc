// Signals arrive, once at least, at every subscriber; who handled them before does so again afterwards.
#include "weft/signal.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "sched/poller.h"
#include "support/fork_child.h"
#include "weft/runtime.h"
#include "weft/select.h"

namespace weft::signal {
namespace {

std::atomic<int> own_handler_calls{0};
void own_handler(int) { own_handler_calls.fetch_add(1); }

void (*handler_of(int number))(int) {
  struct sigaction action{};
  ::sigaction(number, nullptr, &action);
  return action.sa_handler;
}

TEST(Signal, ArrivesInAChannel) {
  run([] {
    const RecvChan<int> sigs = notify({SIGHUP});
    ::raise(SIGHUP);
    EXPECT_EQ(sigs.recv(), SIGHUP);
    EXPECT_TRUE(sigs.try_recv().empty);
    stop(sigs);
  });
}

TEST(Signal, ArrivesAtAPlainThread) {
  const RecvChan<int> sigs = notify({SIGHUP});
  ::raise(SIGHUP);
  EXPECT_EQ(sigs.recv(), SIGHUP);
  stop(sigs);
}

TEST(Signal, WhoWaitsForOneAloneIsNotDeadlocked) {
  const int before = sched::poll_waiters();
  const RecvChan<int> a = notify({SIGHUP});
  const RecvChan<int> b = notify({SIGHUP});
  EXPECT_EQ(sched::poll_waiters(), before + 1) << "the world may wake it";
  stop(a);
  EXPECT_EQ(sched::poll_waiters(), before + 1);
  stop(b);
  EXPECT_EQ(sched::poll_waiters(), before);
}

TEST(Signal, EverySubscriberGetsIt) {
  run([] {
    const RecvChan<int> a = notify({SIGUSR1, SIGUSR2});
    const RecvChan<int> b = notify({SIGUSR1});
    ::raise(SIGUSR1);
    EXPECT_EQ(a.recv(), SIGUSR1);
    EXPECT_EQ(b.recv(), SIGUSR1);
    ::raise(SIGUSR2);
    EXPECT_EQ(a.recv(), SIGUSR2);
    EXPECT_TRUE(b.try_recv().empty);
    stop(a);
    ::raise(SIGUSR1);
    EXPECT_EQ(b.recv(), SIGUSR1) << "the other's end is not its own";
    stop(b);
  });
}

// stop() delivers all that has arrived, so what stands in the channel then is all there will be.
TEST(Signal, IsCoalescedPerNumberAndComesInOrderOfArrival) {
  run([] {
    const RecvChan<int> sigs = notify({SIGHUP, SIGUSR1, SIGUSR2});
    for (const int number : {SIGUSR2, SIGHUP, SIGUSR2, SIGUSR1, SIGHUP, SIGUSR2}) ::raise(number);
    stop(sigs);
    std::vector<int> got;
    for (const int number : sigs) got.push_back(number);
    EXPECT_EQ(got, (std::vector<int>{SIGUSR2, SIGHUP, SIGUSR1}));
  });
}

// Each is raised when the one before has been received, from a thread that has no other way to wake the reader.
TEST(Signal, NoneIsLostBetweenAReaderAndARaiser) {
  constexpr int kRounds = 2000;
  const RecvChan<int> sigs = notify({SIGUSR1, SIGRTMIN + 3});
  std::atomic<int> received{0};
  std::thread raiser([&] {
    for (int i = 0; i < kRounds; ++i) {
      ::raise(i % 2 == 0 ? SIGUSR1 : SIGRTMIN + 3);
      while (received.load() <= i) std::this_thread::yield();
    }
  });
  run([&] {
    for (int i = 0; i < kRounds; ++i) {
      EXPECT_EQ(sigs.recv(), i % 2 == 0 ? SIGUSR1 : SIGRTMIN + 3);
      received.fetch_add(1);
    }
  });
  raiser.join();
  stop(sigs);
}

TEST(Signal, IsSeenWhileGoroutinesKeepAllProcessors) {
  run([] {
    const int before = set_max_procs(1);
    const RecvChan<int> sigs = notify({SIGUSR1});
    std::atomic<bool> seen{false};
    auto reader = spawn([&] { seen = sigs.recv() == SIGUSR1; });
    yield();
    ::raise(SIGUSR1);
    while (!seen) {
    }
    reader.join();
    stop(sigs);
    set_max_procs(before);
  });
}

TEST(Signal, TheHandlerBeforeIsPutBackWithTheLastSubscriber) {
  own_handler_calls = 0;
  struct sigaction mine{};
  mine.sa_handler = &own_handler;
  struct sigaction original{};
  ::sigaction(SIGUSR1, &mine, &original);
  const RecvChan<int> a = notify({SIGUSR1});
  const RecvChan<int> b = notify({SIGUSR1});
  ::raise(SIGUSR1);
  EXPECT_EQ(own_handler_calls, 0);
  stop(a);
  EXPECT_NE(handler_of(SIGUSR1), &own_handler);
  stop(b);
  EXPECT_EQ(handler_of(SIGUSR1), &own_handler);
  ::raise(SIGUSR1);
  EXPECT_EQ(own_handler_calls, 1);
  stop(b);  // nothing: it has ended
  ::sigaction(SIGUSR1, &original, nullptr);
}

TEST(Signal, AStoppedChannelIsDrainedAndClosed) {
  run([] {
    const RecvChan<int> sigs = notify({SIGUSR1});
    ::raise(SIGUSR1);
    stop(sigs);
    EXPECT_EQ(sigs.recv(), SIGUSR1);
    EXPECT_EQ(sigs.recv(), std::nullopt);
  });
}

TEST(Signal, IgnoredOnesReachNobodyUntilReset) {
  const RecvChan<int> sigs = notify({SIGUSR1, SIGUSR2});
  ignore({SIGUSR1});
  EXPECT_TRUE(ignored(SIGUSR1));
  ::raise(SIGUSR1);
  ::raise(SIGUSR2);
  EXPECT_EQ(sigs.recv(), SIGUSR2);
  reset({SIGUSR1, SIGUSR2});
  EXPECT_FALSE(ignored(SIGUSR1));
  EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
  EXPECT_EQ(sigs.recv(), std::nullopt) << "it has no number left";
}

TEST(Signal, NotifyEndsIgnoring) {
  ignore({SIGUSR1});
  const RecvChan<int> sigs = notify({SIGUSR1});
  ::raise(SIGUSR1);
  EXPECT_EQ(sigs.recv(), SIGUSR1);
  stop(sigs);
  EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
}

TEST(Signal, WhatCannotBeCaughtIsRefusedByName) {
  const auto refusal = [](std::vector<int> numbers) -> std::string {
    try {
      stop(notify(std::span<const int>(numbers)));
    } catch (const usage_error& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal({SIGKILL}), "weft::signal: signal 9 (SIGKILL) can be neither caught nor ignored");
  EXPECT_EQ(refusal({SIGHUP, SIGSTOP}), "weft::signal: signal 19 (SIGSTOP) can be neither caught nor ignored");
  EXPECT_EQ(refusal({SIGSEGV}), "weft::signal: signal 11 (SIGSEGV) tells of a fault of the code that runs");
  EXPECT_EQ(refusal({SIGURG}), "weft::signal: signal 23 (SIGURG) is what weft reaches its threads by");
  EXPECT_NE(refusal({0}).find("weft::signal: 0 is no signal's number: allowed are 1 to 31 and "), std::string::npos);
  EXPECT_NE(refusal({33}).find("33 is no signal's number"), std::string::npos) << "the C library's own";
  EXPECT_NE(refusal({-1}).find("-1 is no signal's number"), std::string::npos);
  EXPECT_EQ(refusal({}), "weft::signal: no signal is named");
}

TEST(Signal, AContextEndsWithOneAndNamesIt) {
  run([] {
    auto [ctx, cancel] = with_context({}, {SIGUSR1});
    EXPECT_FALSE(ctx.error());
    ::raise(SIGUSR1);
    ctx.done().recv();
    EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL) << "a second one ends the process";
    EXPECT_EQ(ctx.error(), errc::cancelled);
    try {
      std::rethrow_exception(ctx.cause());
    } catch (const interrupted& signal) {
      EXPECT_EQ(signal.number(), SIGUSR1);
      EXPECT_STREQ(signal.what(), "signal 10 (SIGUSR1)");
    }
  });
}

TEST(Signal, AContextGivesTheSignalBackWhenItIsCancelled) {
  run([] {
    auto [ctx, cancel] = with_context({}, {SIGUSR1});
    EXPECT_NE(handler_of(SIGUSR1), SIG_DFL);
    cancel();
    EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
  });
}

// However the context comes to be done: a signal that comes then would be lost else.
TEST(Signal, AContextGivesTheSignalBackBeforeItIsDone) {
  run([] {
    const CancelContext above = with_cancel({});
    const CancelContext below = with_context(above.context, {SIGUSR1});
    EXPECT_NE(handler_of(SIGUSR1), SIG_DFL);
    auto seen = spawn([&] {
      below.context.done().recv();
      return handler_of(SIGUSR1) == SIG_DFL;
    });
    above.cancel();
    EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
    EXPECT_TRUE(seen.join());
    const CancelContext late = with_context(above.context, {SIGUSR1});
    EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
    const CancelContext timed = with_context(with_timeout({}, std::chrono::milliseconds(1)), {SIGUSR1});
    timed.context.done().recv();
    EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
  });
}

TEST(Signal, AForksChildHasItsSubscriptions) {
#ifdef WEFT_TSAN
  GTEST_SKIP() << "TSan's fork() hangs under the load of the runtime's start in the child";
#endif
  run([] {
    const RecvChan<int> sigs = notify({SIGUSR1});
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      ::raise(SIGUSR1);
      ::_exit(sigs.recv() == SIGUSR1 ? 42 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 42);
    EXPECT_TRUE(sigs.try_recv().empty) << "the child's is not the parent's";
    ::raise(SIGUSR1);
    EXPECT_EQ(sigs.recv(), SIGUSR1);
    stop(sigs);
  });
}

}  // namespace
}  // namespace weft::signal
