// weft/runtime.h: run, go, spawn, Task, yield, processors, names and ids, preemption.
#include "weft/runtime.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sched/scheduler.h"
#include "weft/chan.h"
#include "weft/time.h"

namespace weft {
namespace {

/// Runs the body on one processor, so that nobody runs but who was handed it.
template <class Body>
void run_on_one_processor(Body body) {
  const int before = set_max_procs(1);
  run(body);
  set_max_procs(before);
}

/// A goroutine is counted until it has ended, a moment after it was joined or run() returned.
void wait_for_earlier_tests() {
  while (num_goroutines() > 1) yield();
}

TEST(Run, ReturnsWhatMainReturns) {
  EXPECT_EQ(run([] { return 17; }), 17);
  EXPECT_EQ(run([] {}), 0);
  EXPECT_EQ(run([] { return true; }), 1);
}

TEST(Run, CanBeCalledAgainAndLeftoversGoOnThen) {
  std::atomic<int> steps{0};
  auto gate = make_chan<void>();
  run([&] {
    go([&, gate] {
      gate.recv();
      ++steps;
      gate.recv();
      ++steps;
    });
    gate.send();
  });
  run([&] { gate.send(); });
  run([&] {
    while (steps < 2) yield();
  });
  EXPECT_EQ(steps, 2);
}

// What it starts waits for the next run() or go(), as all that is left over.
TEST(Run, ATimerThatFiresAfterItsEndDoesNotGoOn) {
  std::atomic<bool> started{false};
  const auto wait_for_it = [&] {
    while (!started) yield();
  };
  std::chrono::milliseconds delay(1);
  while (true) {
    const auto due = std::chrono::steady_clock::now() + delay;
    run([&] { static_cast<void>(after_func(delay, [&started] { started = true; })); });
    if (std::chrono::steady_clock::now() < due) break;
    run(wait_for_it);  // the machine is so busy that the timer may have come before run()'s end
    started = false;
    delay *= 2;
  }
  sleep_for(delay + std::chrono::milliseconds(2));  // that timer comes after the other
  EXPECT_NE(sched::scheduler().attention.load() & sched::Scheduler::kPaused, 0u);
  EXPECT_FALSE(started);
  run(wait_for_it);
}

// Whoever is stopped at its next call into weft must not hold what the rest of the program needs.
TEST(Run, ItsEndStopsNobodyWhoHoldsALockOfTheRuntime) {
  const int before = set_max_procs(2);
  std::atomic<bool> stop{false};
  std::atomic<int> turns{0};
  run([&] {
    for (int i = 0; i < 2; ++i) {
      go([&] {
        while (!stop) {
          set_max_procs(2);
          ++turns;
        }
      });
    }
  });
  for (int i = 0; i < 50; ++i) {
    run([&] {
      const int seen = turns;
      while (turns < seen + 10) yield();
    });
    EXPECT_EQ(set_max_procs(2), 2);
  }
  run([&] {
    stop = true;
    while (num_goroutines() > 1) yield();
  });
  set_max_procs(before);
}

TEST(Run, IsRefusedOnAGoroutine) {
  run([] { EXPECT_THROW(run([] {}), usage_error); });
}

TEST(Go, StartsFromAPlainThreadWithoutRun) {
  std::atomic<bool> ran{false};
  auto done = make_chan<void>();
  go([&, done] {
    ran = true;
    done.send();
  });
  done.recv();
  EXPECT_TRUE(ran);
}

TEST(Go, TakesCallablesOfEverySize) {
  run([] {
    auto results = make_chan<int>(3);
    std::array<char, 900> medium{};
    std::array<char, 100'000> large{};
    medium[899] = 2;
    large[99'999] = 3;
    go([results] { results.send(1); });
    go([results, medium] { results.send(medium[899]); });
    go([results, large] { results.send(large[99'999]); });
    EXPECT_EQ(*results.recv() + *results.recv() + *results.recv(), 6);
  });
}

struct alignas(256) Overaligned {
  bool aligned() const { return reinterpret_cast<std::uintptr_t>(this) % 256 == 0; }
};
struct alignas(64) CacheLine {
  bool aligned() const { return reinterpret_cast<std::uintptr_t>(this) % 64 == 0; }
};

TEST(Go, KeepsTheAlignmentOfItsCallable) {
  run([] {
    EXPECT_TRUE(spawn([o = Overaligned()] { return o.aligned(); }).join());
    EXPECT_TRUE(spawn([c = CacheLine()] { return c.aligned(); }).join());
  });
}

TEST(Go, TakesWhatCanOnlyBeMovedAndDestroysItOnce) {
  auto counted = std::make_shared<int>(5);
  run([&] {
    EXPECT_EQ(spawn([owner = std::make_unique<int>(4), counted] { return *owner; }).join(), 4);
    while (counted.use_count() > 1) yield();
  });
  EXPECT_EQ(counted.use_count(), 1);
}

struct ThrowsWhenCopied {
  std::shared_ptr<int> token;
  explicit ThrowsWhenCopied(std::shared_ptr<int> t) : token(std::move(t)) {}
  ThrowsWhenCopied(const ThrowsWhenCopied&) { throw std::runtime_error("no copies"); }
  void operator()() const { *token = 1; }
};

TEST(Go, ACallableWhoseCopyThrowsStartsNothing) {
  run([] {
    const ThrowsWhenCopied callable(std::make_shared<int>(0));
    wait_for_earlier_tests();
    for (int i = 0; i < 100; ++i) {
      EXPECT_THROW(go(callable), std::runtime_error);
      EXPECT_THROW(static_cast<void>(spawn(callable)), std::runtime_error);
    }
    EXPECT_EQ(num_goroutines(), 1u);
    EXPECT_EQ(callable.token.use_count(), 1);
    EXPECT_EQ(*callable.token, 0);
  });
}

TEST(Spawn, JoinGivesEveryKindOfResult) {
  run([] {
    static int global = 3;
    EXPECT_EQ(spawn([] { return 42; }).join(), 42);
    EXPECT_EQ(&spawn([]() -> int& { return global; }).join(), &global);
    EXPECT_EQ(*spawn([] { return std::make_unique<int>(7); }).join(), 7);
    spawn([] {}).join();
  });
}

TEST(Spawn, JoinRethrows) {
  run([] {
    auto task = spawn([]() -> int { throw std::out_of_range("far"); });
    EXPECT_THROW(task.join(), std::out_of_range);
    EXPECT_FALSE(task.joinable());
    EXPECT_THROW(task.join(), usage_error);
  });
}

TEST(Spawn, ATaskIsJoinedFromAPlainThreadToo) {
  auto task = spawn([] {
    yield();
    return 8;
  });
  EXPECT_EQ(task.join(), 8);
  EXPECT_THROW(Task<int>().join(), usage_error);
}

TEST(Spawn, ADroppedTaskRunsOnAndItsResultIsDestroyed) {
  auto token = std::make_shared<int>(0);
  run([&] {
    {
      const auto dropped = spawn([token] { return token; });
      const auto failing = spawn([]() -> int { throw std::runtime_error("nobody listens"); });
    }
    while (token.use_count() > 1) yield();
  });
  EXPECT_EQ(token.use_count(), 1);
}

TEST(Spawn, DoneSaysWhenJoinDoesNotBlock) {
  run([] {
    auto gate = make_chan<void>();
    auto task = spawn([gate] { gate.recv(); });
    EXPECT_FALSE(task.done());
    gate.send();
    while (!task.done()) yield();
    task.join();
    EXPECT_FALSE(Task<void>().done());
  });
}

TEST(Yield, ThreeGoroutinesTakeTurns) {
  run_on_one_processor([] {
    std::string order;
    std::vector<Task<void>> tasks;
    for (char name = 'a'; name < 'd'; ++name) {
      tasks.push_back(spawn([&order, name] {
        for (int i = 0; i < 3; ++i) {
          order += name;
          yield();
        }
      }));
    }
    for (auto& task : tasks) task.join();
    ASSERT_EQ(order.size(), 9u);
    for (std::size_t i = 0; i < 9; i += 3) EXPECT_EQ(order.substr(i, 3), order.substr(0, 3)) << order;
  });
  yield();  // on a plain thread: no harm
}

TEST(Goroutine, IdsAreUniqueAndNamesAreCut) {
  EXPECT_EQ(goroutine_id(), 0u);
  set_goroutine_name("no goroutine");
  run([] {
    EXPECT_NE(goroutine_id(), 0u);
    std::vector<std::uint64_t> ids;
    for (int i = 0; i < 100; ++i) ids.push_back(spawn([] { return goroutine_id(); }).join());
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
    set_goroutine_name(std::string(500, 'x'));
  });
}

TEST(Goroutine, TheirNumberReturnsToWhatItWas) {
  run([] {
    wait_for_earlier_tests();
    auto gate = make_chan<void>();
    for (int i = 0; i < 1'000; ++i) go([gate] { gate.recv(); });
    EXPECT_EQ(num_goroutines(), 1'001u);
    gate.close();
    while (num_goroutines() > 1) yield();
    EXPECT_EQ(num_goroutines(), 1u);
  });
}

TEST(Goroutine, ErrnoIsItsOwn) {
  run_on_one_processor([] {
    std::vector<Task<bool>> tasks;
    for (int i = 1; i < 20; ++i) {
      tasks.push_back(spawn([i] {
        errno = i;
        for (int k = 0; k < 10; ++k) yield();
        return errno == i;
      }));
    }
    for (auto& task : tasks) EXPECT_TRUE(task.join());
  });
}

TEST(MaxProcs, IsSetAndAskedFor) {
  const int before = max_procs();
  EXPECT_GE(before, 1);
  EXPECT_EQ(set_max_procs(3), before);
  EXPECT_EQ(set_max_procs(0), 3);
  EXPECT_EQ(set_max_procs(-5), 3);
  EXPECT_EQ(max_procs(), 3);
  EXPECT_THROW(set_max_procs(257), usage_error);
  EXPECT_EQ(set_max_procs(256), 3);
  EXPECT_EQ(set_max_procs(before), 256);
}

TEST(MaxProcs, ShrinkingKeepsWhatWasQueued) {
  run([] {
    set_max_procs(8);
    std::atomic<int> ran{0};
    for (int i = 0; i < 1'000; ++i) go([&ran] { ++ran; });
    set_max_procs(1);
    while (ran < 1'000) yield();
    set_max_procs(8);
    for (int i = 0; i < 1'000; ++i) go([&ran] { ++ran; });
    while (ran < 2'000) yield();
  });
}

// One processor: whoever keeps it without a call into weft loses it after a while.
TEST(Preemption, ASpinnerMakesWay) {
  run_on_one_processor([] {
    std::atomic<bool> stop{false};
    auto spinner = spawn([&stop] {
      while (!stop.load(std::memory_order_relaxed)) {
      }
    });
    yield();
    stop = true;
    spinner.join();
  });
}

TEST(Preemption, SoDoesOneWhoCallsWeftAndNeverWaits) {
  run_on_one_processor([] {
    std::atomic<bool> stop{false};
    auto busy = spawn([&stop] {
      auto c = make_chan<int>(1);
      while (!stop) {
        c.send(1);
        c.recv();
      }
    });
    yield();
    stop = true;
    busy.join();
  });
}

TEST(Preemption, AnUnwrappedReadDoesNotKeepItsWriterFromRunning) {
  run_on_one_processor([] {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    auto reader = spawn([fd = ends[0]] {
      char byte = 0;
      return ::read(fd, &byte, 1) == 1 ? byte : 'x';
    });
    yield();  // returns though the reader sits in read()
    ASSERT_EQ(::write(ends[1], "k", 1), 1);
    EXPECT_EQ(reader.join(), 'k');
    ::close(ends[0]);
    ::close(ends[1]);
  });
}

TEST(Blocking, PassesResultsReferencesAndExceptionsOn) {
  int object = 1;
  EXPECT_EQ(blocking([] { return 5; }), 5);  // on a plain thread
  run([&] {
    EXPECT_EQ(blocking([] { return 5; }), 5);
    EXPECT_EQ(&blocking([&]() -> int& { return object; }), &object);
    EXPECT_THROW(blocking([] { throw std::runtime_error("inside"); }), std::runtime_error);
    EXPECT_EQ(blocking([] { return blocking([] { return spawn([] { return 6; }).join(); }); }), 6);
  });
}

// The processor is handed off before the call, not noticed later: the other runs while this one waits for it.
TEST(Blocking, LetsTheOthersRunOnTheOnlyProcessor) {
  run_on_one_processor([] {
    std::atomic<bool> ran{false};
    go([&ran] { ran = true; });
    blocking([&ran] {
      while (!ran) ::usleep(10);
    });
  });
}

}  // namespace
}  // namespace weft
