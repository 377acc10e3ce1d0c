// CondVar as Go's Cond suite describes it: one signal wakes one, in order of arrival; a broadcast wakes all that wait.
#include <atomic>
#include <mutex>
#include <vector>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/sync/cond_var.h"
#include "weft/sync/mutex.h"
#include "weft/sync/once.h"
#include "weft/sync/shared_mutex.h"
#include "weft/sync/wait_group.h"

namespace {

using conformance::Crew;
using conformance::settle;
using weft::make_chan;

class CondConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(CondConformance);

void notify_one_locked(weft::Mutex& mutex, weft::CondVar& condition) {
  std::lock_guard lock(mutex);
  condition.notify_one();
}

TEST_P(CondConformance, OneSignalWakesExactlyOne) {
  perform([] {
    constexpr int kWaiters = 3;
    weft::Mutex mutex;
    weft::CondVar condition;
    auto running = make_chan<void>(kWaiters);
    auto awake = make_chan<void>(kWaiters);
    Crew crew(side());
    for (int i = 0; i < kWaiters; ++i) {
      crew.go([&] {
        std::unique_lock lock(mutex);
        running.send();
        condition.wait(lock);
        awake.send();
      });
    }
    for (int i = 0; i < kWaiters; ++i) running.recv();
    for (int i = 0; i < kWaiters; ++i) {
      EXPECT_EQ(awake.len(), 0U);
      notify_one_locked(mutex, condition);
      EXPECT_TRUE(awake.recv());
      settle();
      EXPECT_EQ(awake.len(), 0U) << "one signal woke two";
    }
    condition.notify_one();  // nobody waits: it is lost
  });
}

// A waiter said under the lock that it runs: once we hold the lock it waits. Those who came first are woken first.
TEST_P(CondConformance, SignalsWakeInOrderOfArrival) {
  perform([] {
    constexpr int kWaiters = 50;
    weft::Mutex mutex;
    weft::CondVar condition;
    auto running = make_chan<void>();
    auto awake = make_chan<int>(kWaiters);
    Crew crew(side());
    for (int i = 0; i < kWaiters; ++i) {
      crew.go([&, i] {
        std::unique_lock lock(mutex);
        running.send();
        condition.wait(lock);
        awake.send(i);
      });
      running.recv();
    }
    for (int i = 0; i < kWaiters; ++i) {
      notify_one_locked(mutex, condition);
      EXPECT_EQ(awake.recv(), i);
    }
  });
}

TEST_P(CondConformance, AnOldWaiterIsWokenBeforeANewOne) {
  perform([] {
    constexpr int kGenerations = 100;
    weft::Mutex mutex;
    weft::CondVar condition;
    auto running = make_chan<void>(kGenerations);
    auto awake = make_chan<int>(kGenerations);
    Crew crew(side());
    for (int i = 0; i < kGenerations; ++i) {
      crew.go([&, i] {
        std::unique_lock lock(mutex);
        running.send();
        condition.wait(lock);
        awake.send(i);
      });
      if (i > 0) {
        EXPECT_EQ(awake.recv(), i - 1);
      }
      running.recv();
      notify_one_locked(mutex, condition);
    }
    EXPECT_EQ(awake.recv(), kGenerations - 1);
  });
}

TEST_P(CondConformance, ABroadcastWakesEachWaiterOnce) {
  perform([] {
    constexpr int kWaiters = 30;
    constexpr int kRounds = 20;
    weft::Mutex mutex;
    weft::CondVar condition;
    bool exit = false;
    auto running = make_chan<void>(kWaiters);
    auto awake = make_chan<int>(kWaiters);
    Crew crew(side());
    for (int i = 0; i < kWaiters; ++i) {
      crew.go([&, i] {
        std::unique_lock lock(mutex);
        while (!exit) {
          running.send();
          condition.wait(lock);
          awake.send(i);
        }
      });
    }
    for (int round = 0; round < kRounds; ++round) {
      for (int i = 0; i < kWaiters; ++i) running.recv();
      EXPECT_EQ(awake.len(), 0U);
      {
        std::lock_guard lock(mutex);
        exit = round == kRounds - 1;
        condition.notify_all();
      }
      std::vector<bool> seen(kWaiters);
      for (int i = 0; i < kWaiters; ++i) {
        const int waiter = awake.recv().value();
        EXPECT_FALSE(seen[static_cast<std::size_t>(waiter)]) << waiter << " woke twice";
        seen[static_cast<std::size_t>(waiter)] = true;
      }
    }
    crew.join();
    EXPECT_EQ(running.len(), 0U);
  });
}

// A waits; B moves the state on and signals; A moves it on and signals; C sees the end whether it came early or late.
TEST_P(CondConformance, StatesPassFromWaiterToWaiter) {
  perform([] {
    for (int round = 0; round < 50; ++round) {
      weft::Mutex mutex;
      weft::CondVar condition;
      int state = 0;
      Crew crew(side());
      crew.go([&] {
        std::unique_lock lock(mutex);
        state = 1;
        condition.wait(lock, [&] { return state == 2; });
        state = 3;
        condition.notify_all();
      });
      crew.go([&] {
        conformance::until([&] {
          std::lock_guard lock(mutex);
          if (state != 1) return false;
          state = 2;
          condition.notify_all();
          return true;
        });
      });
      crew.go([&] {
        std::unique_lock lock(mutex);
        condition.wait(lock, [&] { return state == 3; });
      });
      crew.join();
      EXPECT_EQ(state, 3);
    }
  });
}

// A broadcast races with a newcomer's wait: who waited before is woken whatever the newcomer gets.
TEST_P(CondConformance, ANewcomerDoesNotStealABroadcast) {
  perform([] {
    for (int round = 0; round < 200; ++round) {
      weft::Mutex mutex;
      weft::CondVar condition;
      bool done = false;
      auto waiting = make_chan<void>();
      auto woken = make_chan<void>();
      Crew crew(side());
      crew.go([&] {
        std::unique_lock lock(mutex);
        waiting.send();
        condition.wait(lock);
        lock.unlock();
        woken.send();
      });
      waiting.recv();
      mutex.lock();  // had only once the waiter waits
      mutex.unlock();
      crew.go([&] { condition.notify_all(); });
      crew.go([&] {
        std::unique_lock lock(mutex);
        condition.wait(lock, [&] { return done; });
      });
      woken.recv();
      {
        std::lock_guard lock(mutex);
        done = true;
      }
      condition.notify_all();
    }
  });
}

static_assert(!std::is_copy_constructible_v<weft::CondVar> && !std::is_copy_assignable_v<weft::CondVar>);
static_assert(!std::is_copy_constructible_v<weft::Mutex> && !std::is_copy_constructible_v<weft::SharedMutex>);
static_assert(!std::is_copy_constructible_v<weft::WaitGroup> && !std::is_copy_constructible_v<weft::Once>);

}  // namespace
