#include "weft/sync/mutex.h"

#include <gtest/gtest.h>

#include <mutex>

#include "sync/sync_test_support.h"

namespace weft::testing {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;
using namespace std::chrono_literals;

class MutexTest : public BothWays {};
WEFT_BOTH_WAYS(MutexTest);

TEST_P(MutexTest, ExcludesAndPublishes) {
  run([&] {
    Mutex mutex;
    long count = 0;
    Crew crew(GetParam());
    for (int worker = 0; worker < 8; ++worker) {
      crew.go([&] {
        for (int i = 0; i < 2000; ++i) {
          const std::lock_guard lock(mutex);
          ++count;
          if (i % 64 == 0) yield();
        }
      });
    }
    crew.join();
    EXPECT_EQ(count, 16000);
    EXPECT_TRUE(mutex.check_idle_for_testing());
  });
}

TEST_P(MutexTest, TryLockFailsWhileHeldAndSucceedsAfter) {
  run([&] {
    Mutex mutex;
    ASSERT_TRUE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_for(-1s));
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock_for(0s));
    mutex.unlock();
  });
}

TEST_P(MutexTest, TimedLocksGiveUpNotBeforeTheirTime) {
  run([&] {
    Mutex mutex;
    mutex.lock();
    Crew crew(GetParam());
    crew.go([&] {
      const auto start = steady_clock::now();
      EXPECT_FALSE(mutex.try_lock_for(5ms));
      EXPECT_GE(steady_clock::now() - start, 5ms);
      EXPECT_FALSE(mutex.try_lock_until(steady_clock::now() + 1ms));
      EXPECT_FALSE(mutex.try_lock_until(system_clock::now() + 1ms));
    });
    crew.join();
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

TEST_P(MutexTest, ATimedWaiterGetsTheLockWhenItComes) {
  run([&] {
    Mutex mutex;
    mutex.lock();
    std::atomic<bool> started{false};
    Crew crew(GetParam());
    crew.go([&] {
      started = true;
      ASSERT_TRUE(mutex.try_lock_until(steady_clock::time_point::max()));
      mutex.unlock();
      ASSERT_TRUE(mutex.try_lock_for(std::chrono::hours::max()));
      mutex.unlock();
    });
    wait_until([&] { return started.load(); });
    mutex.unlock();
    crew.join();
    EXPECT_TRUE(mutex.check_idle_for_testing());
  });
}

TEST_P(MutexTest, OneMayLockAndAnotherUnlock) {
  run([&] {
    Mutex mutex;
    mutex.lock();
    Crew crew(GetParam());
    crew.go([&] { mutex.unlock(); });
    mutex.lock();
    mutex.unlock();
  });
}

TEST_P(MutexTest, UnlockOfAnUnlockedOneIsAUsageError) {
  run([&] {
    Mutex mutex;
    EXPECT_USAGE_ERROR(mutex.unlock(), "not locked");
    const std::lock_guard lock(mutex);  // it still works
    EXPECT_FALSE(mutex.try_lock());
  });
}

// The holder never lets the lock go for longer than it takes to get it again, as it may; hands-off must end that.
TEST_P(MutexTest, AHogDoesNotStarveAWaiter) {
  run([&] {
    Mutex mutex;
    std::atomic<bool> served{false};
    std::atomic<bool> hogging{false};
    Crew crew(GetParam());
    crew.go([&] {
      mutex.lock();
      hogging = true;
      while (!served) {
        yield();
        mutex.unlock();
        mutex.lock();
      }
      mutex.unlock();
    });
    wait_until([&] { return hogging.load(); });
    mutex.lock();
    served = true;
    mutex.unlock();
  });
}

TEST_P(MutexTest, WaitersThatGiveUpLoseNobodysWakeUp) {
  run([&] {
    Mutex mutex;
    std::atomic<int> got{0};
    Crew crew(GetParam());
    for (int worker = 0; worker < 6; ++worker) {
      crew.go([&, worker] {
        for (int i = 0; i < 200; ++i) {
          if (worker % 2 == 0) {
            const std::lock_guard lock(mutex);
            yield();
            ++got;
          } else if (mutex.try_lock_for(std::chrono::microseconds(i % 50))) {
            yield();
            mutex.unlock();
          }
        }
      });
    }
    crew.join();
    EXPECT_EQ(got, 600);
    mutex.lock();
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

TEST(MutexUnit, IsConstantInitialized) {
  static constinit Mutex global;
  const std::scoped_lock lock(global);
  EXPECT_FALSE(global.try_lock());
}

}  // namespace
}  // namespace weft::testing
