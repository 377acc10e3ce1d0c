#include "weft/sync/semaphore.h"

#include <gtest/gtest.h>

#include "sync/sync_test_support.h"

namespace weft::testing {
namespace {

class SemaphoreTest : public BothWays {};
WEFT_BOTH_WAYS(SemaphoreTest);

// True when somebody waits: then not even one unit is given, though some are free.
bool somebody_waits(Semaphore& semaphore) {
  if (!semaphore.try_acquire(0)) return true;
  semaphore.release(0);
  return false;
}

TEST_P(SemaphoreTest, BoundsHowManyAreIn) {
  run([&] {
    Semaphore semaphore(3);
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    Crew crew(GetParam());
    for (int worker = 0; worker < 10; ++worker) {
      crew.go([&] {
        for (int i = 0; i < 50; ++i) {
          semaphore.acquire();
          const int now = ++inside;
          int seen = most;
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
          yield();
          --inside;
          semaphore.release();
        }
      });
    }
    crew.join();
    EXPECT_LE(most, 3);
    EXPECT_EQ(semaphore.available(), 3);
  });
}

TEST_P(SemaphoreTest, TryAcquire) {
  run([&] {
    Semaphore semaphore(3);
    EXPECT_TRUE(semaphore.try_acquire(2));
    EXPECT_FALSE(semaphore.try_acquire(2));
    EXPECT_TRUE(semaphore.try_acquire());
    EXPECT_FALSE(semaphore.try_acquire());
    semaphore.release(3);
    EXPECT_TRUE(semaphore.try_acquire(3));
    semaphore.release(3);
  });
}

TEST_P(SemaphoreTest, ALargeRequestIsNotStarvedBySmallOnes) {
  run([&] {
    Semaphore semaphore(4);
    semaphore.acquire(2);
    std::atomic<int> order{0};
    int large_came = 0, small_came = 0;
    Crew crew(GetParam());
    crew.go([&] {
      semaphore.acquire(4);
      large_came = ++order;
      semaphore.release(4);
    });
    wait_until([&] { return somebody_waits(semaphore); });
    EXPECT_FALSE(semaphore.try_acquire(1)) << "two are free, but the large request was first";
    crew.go([&] {
      semaphore.acquire(1);
      small_came = ++order;
      semaphore.release(1);
    });
    for (int i = 0; i < 100; ++i) yield();
    semaphore.release(2);
    crew.join();
    EXPECT_EQ(large_came, 1);
    EXPECT_EQ(small_came, 2);
  });
}

TEST_P(SemaphoreTest, AContextEndsTheWaitAndLetsTheNextOneGo) {
  run([&] {
    Semaphore semaphore(4);
    semaphore.acquire(2);
    auto [ctx, cancel] = with_cancel(Context());
    Crew crew(GetParam());
    crew.go([&, context = ctx] {
      std::error_code ec;
      semaphore.acquire(4, context, ec);
      EXPECT_EQ(ec, errc::cancelled);
    });
    wait_until([&] { return somebody_waits(semaphore); });
    std::atomic<bool> small{false};
    crew.go([&] {
      semaphore.acquire(1);
      small = true;
    });
    cancel();
    crew.join();
    EXPECT_TRUE(small) << "it waited behind the request that gave up";
    EXPECT_EQ(semaphore.available(), 1);
  });
}

TEST_P(SemaphoreTest, ADoneContextWinsOverFreeUnits) {
  run([&] {
    Semaphore semaphore(1);
    auto [ctx, cancel] = with_cancel(Context());
    std::error_code ec;
    semaphore.acquire(1, ctx, ec);
    EXPECT_FALSE(ec);
    semaphore.release();
    cancel();
    semaphore.acquire(1, ctx, ec);
    EXPECT_EQ(ec, errc::cancelled);
    EXPECT_THROW(semaphore.acquire(1, ctx), std::system_error);
    EXPECT_EQ(semaphore.available(), 1);
  });
}

TEST_P(SemaphoreTest, CountsThatCannotBeAreUsageErrors) {
  run([&] {
    EXPECT_USAGE_ERROR(Semaphore(-1), "-1");
    Semaphore semaphore(2);
    EXPECT_USAGE_ERROR(semaphore.acquire(-1), "0 to 2");
    EXPECT_USAGE_ERROR(semaphore.acquire(3), "acquire(3)");
    EXPECT_USAGE_ERROR(static_cast<void>(semaphore.try_acquire(3)), "try_acquire(3)");
    EXPECT_USAGE_ERROR(semaphore.release(), "more than is held");
    semaphore.acquire();
    EXPECT_USAGE_ERROR(semaphore.release(2), "release(2)");
    semaphore.release();
  });
}

}  // namespace
}  // namespace weft::testing
