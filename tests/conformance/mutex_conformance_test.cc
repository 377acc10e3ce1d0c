// Mutex as Go's own suites describe it: exclusion, try_lock, misuse, and that a waiter's turn comes.
#include <atomic>
#include <mutex>

#include "conformance/conformance.h"
#include "weft/error.h"
#include "weft/sync/mutex.h"
#include "weft/time.h"

namespace {

using conformance::Crew;
using namespace std::chrono_literals;

class MutexConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(MutexConformance);

TEST_P(MutexConformance, TryLockFailsWhileLockedAndSucceedsAfter) {
  perform([] {
    weft::Mutex mutex;
    mutex.lock();
    EXPECT_FALSE(mutex.try_lock());
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock());
    Crew crew(side());
    crew.go([&mutex] { EXPECT_FALSE(mutex.try_lock()); });
    crew.join();
    mutex.unlock();
  });
}

// The counter is plain: a lost update means that two were inside.
TEST_P(MutexConformance, HammeredByTenItExcludes) {
  perform([] {
    constexpr int kRounds = 3'000;
    weft::Mutex mutex;
    long counter = 0;
    std::atomic<long> entered{0};
    {
      Crew crew(side());
      for (int worker = 0; worker < 10; ++worker) {
        crew.go([&] {
          for (int i = 0; i < kRounds; ++i) {
            std::unique_lock lock(mutex, std::defer_lock);
            if (i % 3 != 0) {
              lock.lock();
            } else if (!lock.try_lock()) {
              continue;
            }
            ++counter;
            ++entered;
            if (i % 100 == 0) weft::yield();
          }
        });
      }
    }
    EXPECT_EQ(counter, entered);
    EXPECT_GE(counter, 10L * kRounds * 2 / 3);
  });
}

// One keeps the lock nearly always; the other still gets it, time after time.
TEST_P(MutexConformance, AGreedyHolderDoesNotStarveAWaiter) {
  perform([] {
    weft::Mutex mutex;
    std::atomic<bool> stop{false};
    Crew greedy(side());
    greedy.go([&] {
      while (!stop) {
        std::lock_guard lock(mutex);
        weft::sleep_for(100us);
      }
    });
    for (int i = 0; i < 10; ++i) {
      weft::sleep_for(100us);
      std::lock_guard lock(mutex);
    }
    stop = true;
  });
}

// A locked mutex belongs to no one: it may be handed over and unlocked elsewhere.
TEST_P(MutexConformance, AnotherMayUnlock) {
  perform([] {
    weft::Mutex mutex;
    mutex.lock();
    Crew crew(side());
    crew.go([&mutex] { mutex.unlock(); });
    mutex.lock();
    mutex.unlock();
  });
}

// Two goroutines hand a plain counter back and forth through a pair of mutexes used as baton.
TEST_P(MutexConformance, WhatHappensBeforeUnlockIsSeenAfterLock) {
  perform([] {
    weft::Mutex ping;
    weft::Mutex pong;
    int value = 0;
    pong.lock();
    Crew crew(side());
    crew.go([&] {
      for (int i = 0; i < 500; ++i) {
        pong.lock();
        EXPECT_EQ(value, 2 * i + 1);
        ++value;
        ping.unlock();
      }
    });
    for (int i = 0; i < 500; ++i) {
      ping.lock();
      EXPECT_EQ(value, 2 * i);
      ++value;
      pong.unlock();
    }
    crew.join();
    EXPECT_EQ(value, 1000);
  });
}

#ifndef NDEBUG
TEST_P(MutexConformance, UnlockOfAnUnlockedMutexIsAUsageError) {
  perform([] {
    weft::Mutex mutex;
    EXPECT_THROW(mutex.unlock(), weft::usage_error);
    mutex.lock();
    mutex.unlock();
    EXPECT_THROW(mutex.unlock(), weft::usage_error);
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}
#endif

}  // namespace
