#include "weft/sync/shared_mutex.h"

#include <gtest/gtest.h>

#include <mutex>
#include <shared_mutex>

#include "sync/sync_test_support.h"

namespace weft::testing {
namespace {

using namespace std::chrono_literals;

class SharedMutexTest : public BothWays {};
WEFT_BOTH_WAYS(SharedMutexTest);

// Enough reads without a write, so that readers count in their slots.
void make_reads_prevail(SharedMutex& mutex) {
  for (int i = 0; i < 5000; ++i) {
    mutex.lock_shared();
    mutex.unlock_shared();
  }
}

TEST_P(SharedMutexTest, ReadersShareWritersExclude) {
  run([&] {
    SharedMutex mutex;
    mutex.lock_shared();
    EXPECT_TRUE(mutex.try_lock_shared());
    EXPECT_FALSE(mutex.try_lock());
    mutex.unlock_shared();
    mutex.unlock_shared();
    ASSERT_TRUE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_shared());
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock_shared());
    mutex.unlock_shared();
  });
}

TEST_P(SharedMutexTest, AWriterWaitsForReadersInSlots) {
  run([&] {
    SharedMutex mutex;
    make_reads_prevail(mutex);
    mutex.lock_shared();
    EXPECT_FALSE(mutex.try_lock());
    mutex.unlock_shared();
    make_reads_prevail(mutex);
    mutex.lock_shared();
    std::atomic<bool> wrote{false};
    Crew crew(GetParam());
    crew.go([&] {
      const std::unique_lock lock(mutex);
      wrote = true;
    });
    wait_until([&] {  // the writer has announced itself
      if (!mutex.try_lock_shared()) return true;
      mutex.unlock_shared();
      return false;
    });
    EXPECT_FALSE(wrote);
    mutex.unlock_shared();
    crew.join();
    EXPECT_TRUE(wrote);
  });
}

TEST_P(SharedMutexTest, AReaderMayLeaveElsewhere) {
  run([&] {
    SharedMutex mutex;
    make_reads_prevail(mutex);
    mutex.lock_shared();
    std::thread([&] { mutex.unlock_shared(); }).join();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
    make_reads_prevail(mutex);
    std::thread([&] { mutex.lock_shared(); }).join();
    EXPECT_FALSE(mutex.try_lock());
    mutex.unlock_shared();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

TEST_P(SharedMutexTest, TimedLocksGiveUp) {
  run([&] {
    SharedMutex mutex;
    {
      const std::shared_lock held(mutex);
      EXPECT_FALSE(mutex.try_lock_for(2ms));
      EXPECT_FALSE(mutex.try_lock_until(std::chrono::system_clock::now() + 1ms));
      EXPECT_FALSE(mutex.try_lock_for(-1s));
      EXPECT_TRUE(mutex.try_lock_shared()) << "the writer that gave up has left no trace";
      mutex.unlock_shared();
    }
    const std::unique_lock held(mutex);
    EXPECT_FALSE(mutex.try_lock_shared_for(2ms));
    EXPECT_FALSE(mutex.try_lock_shared_until(std::chrono::steady_clock::now() + 1ms));
    EXPECT_FALSE(mutex.try_lock_for(1ms));
  });
}

TEST_P(SharedMutexTest, AWriterThatGivesUpLetsTheReadersIn) {
  run([&] {
    SharedMutex mutex;
    mutex.lock_shared();
    std::atomic<bool> gave_up{false};
    Crew crew(GetParam());
    crew.go([&] {
      EXPECT_FALSE(mutex.try_lock_for(20ms));
      gave_up = true;
    });
    while (!gave_up) {
      mutex.lock_shared();  // waits for the writer, if that one waits now
      mutex.unlock_shared();
    }
    mutex.unlock_shared();
  });
}

TEST_P(SharedMutexTest, NeitherReadersNorWritersStarve) {
  run([&] {
    SharedMutex mutex;
    std::atomic<int> reads{0};
    std::atomic<int> writes{0};
    int a = 0, b = 0;
    Crew crew(GetParam());
    for (int worker = 0; worker < 3; ++worker) {
      crew.go([&] {
        while (writes < 50 || reads < 500) {
          const std::shared_lock lock(mutex);
          EXPECT_EQ(a, b);
          yield();
          ++reads;
        }
      });
      crew.go([&] {
        while (writes < 50 || reads < 500) {
          {
            const std::unique_lock lock(mutex);
            ++a;
            yield();
            ++b;
          }
          ++writes;
          yield();
        }
      });
    }
    crew.join();
    EXPECT_EQ(a, b);
  });
}

TEST_P(SharedMutexTest, UnlockOfAnUnlockedOneIsAUsageError) {
  run([&] {
    SharedMutex mutex;
    EXPECT_USAGE_ERROR(mutex.unlock(), "not locked");
    EXPECT_USAGE_ERROR(mutex.unlock_shared(), "no reader");
    mutex.lock_shared();
    EXPECT_USAGE_ERROR(mutex.unlock(), "not locked");
    mutex.unlock_shared();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

}  // namespace
}  // namespace weft::testing
