// Deadlock detection and fatal ends, as Go's crash suite describes them: child processes, their exit code and their
// last words.
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <unistd.h>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/error.h"
#include "weft/select.h"
#include "weft/sync/cond_var.h"
#include "weft/sync/lazy.h"
#include "weft/sync/mutex.h"
#include "weft/sync/once.h"
#include "weft/sync/semaphore.h"
#include "weft/sync/shared_mutex.h"
#include "weft/sync/wait_group.h"
#include "weft/time.h"

namespace {

using conformance::in_runtime;
using namespace std::chrono_literals;
using testing::ExitedWithCode;
using testing::KilledBySignal;

constexpr const char* kDeadlock = "all goroutines are asleep - deadlock!";
constexpr int kDeadlockExitCode = 2;

// The child is a fresh process that runs one program; a missed deadlock ends it by the alarm instead of a hang.
template <class F>
void run_child(F program) {
  alarm(60);
  weft::run(program);
  std::_Exit(0);
}

class DeadlockDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  template <class F>
  static void expect_deadlock(F program, const char* words = kDeadlock) {
    EXPECT_EXIT(run_child(program), ExitedWithCode(kDeadlockExitCode), words);
  }
  template <class F>
  static void expect_abort(F program, const char* words) {
    EXPECT_EXIT(run_child(program), KilledBySignal(SIGABRT), words);
  }
};

TEST_F(DeadlockDeathTest, MainWaitsForANilChannel) {
  expect_deadlock([] { weft::Chan<int>{}.recv(); });
  expect_deadlock([] { weft::Chan<int>{}.send(1); });
}

TEST_F(DeadlockDeathTest, MainWaitsInASelectThatNothingCanEnd) {
  expect_deadlock([] {
    weft::Chan<int> nil;
    weft::select(weft::on_recv(nil, [](std::optional<int>) {}), weft::on_send(nil, 1, [] {}));
  });
  expect_deadlock([] { weft::Selector{}.wait(); });
}

TEST_F(DeadlockDeathTest, MainWaitsForAnEmptyOrAFullChannel) {
  expect_deadlock([] { weft::make_chan<int>().recv(); });
  expect_deadlock([] { weft::make_chan<int>().send(1); });
  expect_deadlock([] {
    auto full = weft::make_chan<int>(1);
    full.send(1);
    full.send(2);
  });
}

TEST_F(DeadlockDeathTest, GoroutinesWaitForEachOther) {
  expect_deadlock([] {
    auto a = weft::make_chan<int>();
    auto b = weft::make_chan<int>();
    weft::go([a, b] { a.send(b.recv().value()); });
    b.send(a.recv().value());
  });
}

TEST_F(DeadlockDeathTest, LocksThatNobodyLeaves) {
  expect_deadlock([] {
    weft::Mutex mutex;
    mutex.lock();
    mutex.lock();
  });
  expect_deadlock([] {
    weft::SharedMutex mutex;
    mutex.lock_shared();
    mutex.lock();
  });
  expect_deadlock([] {
    weft::Semaphore semaphore{1};
    semaphore.acquire(1);
    semaphore.acquire(1);
  });
}

TEST_F(DeadlockDeathTest, AWaitGroupThatIsNeverDone) {
  expect_deadlock([] {
    weft::WaitGroup group;
    group.add(1);
    group.wait();
  });
}

TEST_F(DeadlockDeathTest, ACondVarThatNobodySignals) {
  expect_deadlock([] {
    weft::Mutex mutex;
    weft::CondVar condition;
    std::unique_lock lock(mutex);
    condition.wait(lock, [] { return false; });
  });
}

TEST_F(DeadlockDeathTest, JoinOfAGoroutineThatWaitsForEver) {
  expect_deadlock([] { weft::spawn([] { weft::Chan<int>{}.recv(); }).join(); });
}

TEST_F(DeadlockDeathTest, PinnedMainWaits) {
  expect_deadlock([] {
    weft::ThreadPin pin;
    weft::Chan<int>{}.recv();
  });
  expect_deadlock([] {
    weft::ThreadPin pin = weft::ThreadPin::exclusive();
    weft::Chan<int>{}.recv();
  });
}

TEST_F(DeadlockDeathTest, APinnedGoroutineAndMainWait) {
  expect_deadlock([] {
    auto pinned = weft::make_chan<void>();
    weft::go([pinned] {
      weft::ThreadPin pin;
      pinned.send();
      weft::Chan<int>{}.recv();
    });
    pinned.recv();
    weft::Chan<int>{}.recv();
  });
}

// The deadlock comes after the runtime was busy, and after timers that have fired.
TEST_F(DeadlockDeathTest, FoundAfterSleepsAndTimers) {
  expect_deadlock([] {
    for (int i = 0; i < 3; ++i) weft::go([] { weft::sleep_for(2ms); });
    weft::after(1ms).recv();
    weft::sleep_for(5ms);
    weft::Chan<int>{}.recv();
  });
}

TEST_F(DeadlockDeathTest, TheReportNamesTheGoroutinesAndWhatTheyWaitFor) {
  expect_deadlock(
      [] {
        weft::go({.name = "the-lonely-one"}, [] { weft::make_chan<int>().send(1); });
        weft::Chan<int>{}.recv();
      },
      "the-lonely-one");
  expect_deadlock([] { weft::make_chan<int>().recv(); }, "goroutine 1 ");
}

// Go has no such threads; the report tells of them as of goroutines.
TEST_F(DeadlockDeathTest, ThreadsThatWaitForEachOther) {
  const auto lock_up = [] {
    alarm(60);
    weft::Mutex mutex;
    mutex.lock();
    std::thread other([&] { mutex.lock(); });
    weft::make_chan<int>().recv();
    other.join();
  };
  EXPECT_EXIT(lock_up(), ExitedWithCode(kDeadlockExitCode), "thread [0-9]+ \".*\" \\[Mutex.lock, ([0-9]+ s, )?on 0x");
  EXPECT_EXIT(lock_up(), ExitedWithCode(kDeadlockExitCode), "thread [0-9]+ \".*\" \\[chan receive, ([0-9]+ s, )?on 0x");
}

// What may still wake someone is no deadlock: a sleeper, a timer, a blocked C call, a thread that is no goroutine.
TEST(NoDeadlockConformance, ASleeperWillWakeMain) {
  in_runtime(2, [] {
    auto c = weft::make_chan<int>();
    weft::go([c] {
      weft::sleep_for(30ms);
      c.send(1);
    });
    EXPECT_EQ(c.recv(), 1);
  });
}

TEST(NoDeadlockConformance, ATimerWillWakeMain) {
  in_runtime(2, [] {
    auto c = weft::make_chan<int>(1);
    auto timer = weft::after_func(30ms, [c] { c.send(1); });
    EXPECT_EQ(c.recv(), 1);
  });
}

TEST(NoDeadlockConformance, ABlockedForeignCallWillWakeMain) {
  for (int processors : {1, 2}) {
    in_runtime(processors, [] {
      auto c = weft::make_chan<int>();
      weft::go([c] {
        ::usleep(30'000);
        c.send(1);
      });
      EXPECT_EQ(c.recv(), 1);
      weft::go([c] {
        weft::blocking([] { ::usleep(30'000); });
        c.send(2);
      });
      EXPECT_EQ(c.recv(), 2);
    });
  }
}

TEST(NoDeadlockConformance, APlainThreadWillWakeMain) {
  auto c = weft::make_chan<int>();
  std::thread outside([c] {
    ::usleep(30'000);
    c.send(1);
  });
  in_runtime(2, [c] { EXPECT_EQ(c.recv(), 1); });
  outside.join();
}

TEST_F(DeadlockDeathTest, AnExceptionThatLeavesAGoroutineEndsTheProcess) {
  expect_abort(
      [] {
        weft::go({.name = "the-thrower"}, [] { throw std::runtime_error("out of a goroutine"); });
        weft::Chan<int>{}.recv();
      },
      "out of a goroutine");
  expect_abort(
      [] {
        weft::go({.name = "the-thrower"}, [] { throw std::runtime_error("out of a goroutine"); });
        weft::Chan<int>{}.recv();
      },
      "the-thrower");
}

TEST_F(DeadlockDeathTest, AnExceptionThatLeavesAWaitGroupsGoroutineEndsTheProcess) {
  expect_abort(
      [] {
        weft::WaitGroup group;
        group.go([] { throw std::runtime_error("out of a group"); });
        group.wait();
      },
      "out of a group");
}

[[gnu::noinline]] int fail_to_dial() { throw std::runtime_error("no answer"); }

TEST_F(DeadlockDeathTest, AFailureInAOnceIsReportedFromWhereItWasThrown) {
  expect_abort([] { weft::Once().call([] { fail_to_dial(); }); }, "fail_to_dial");
  expect_abort([] { *weft::Lazy<int>(&fail_to_dial); }, "fail_to_dial");
}

TEST(NoDeadlockConformance, AGoroutineOfAnEmptyFunctionIsRefused) {
  std::function<void()> empty;
  EXPECT_THROW(weft::go(empty), weft::usage_error);
  void (*null)() = nullptr;
  EXPECT_THROW(weft::go(null), weft::usage_error);
}

[[gnu::noinline]] int recurse(int depth) {
  if (depth < 0) return 0;  // never: a compiler that saw no end might drop the recursion
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return recurse(depth + 1) + frame[0];
}

TEST_F(DeadlockDeathTest, AStackOverflowIsReported) {
  expect_abort([] { weft::spawn([] { return recurse(0); }).join(); }, "stack");
}

}  // namespace
