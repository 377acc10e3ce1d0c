// Semaphore as golang.org/x/sync/semaphore's suite describes its Weighted: weights, order of arrival, giving up.
#include <atomic>
#include <chrono>
#include <vector>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/sync/semaphore.h"

namespace {

using conformance::Crew;
using conformance::settle;
using namespace std::chrono_literals;

class SemaphoreConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(SemaphoreConformance);

TEST_P(SemaphoreConformance, HammeredItNeverLetsMoreInThanItHolds) {
  perform([] {
    constexpr int kPermits = 4;
    weft::Semaphore semaphore{kPermits};
    std::atomic<int> inside{0};
    {
      Crew crew(side());
      for (int worker = 0; worker < 8; ++worker) {
        crew.go([&, weight = worker % kPermits + 1] {
          for (int i = 0; i < 500; ++i) {
            semaphore.acquire(weight);
            EXPECT_LE(inside.fetch_add(weight) + weight, kPermits);
            if (i % 8 == 0) weft::yield();
            inside -= weight;
            semaphore.release(weight);
          }
        });
      }
    }
    EXPECT_TRUE(semaphore.try_acquire(kPermits));
  });
}

TEST_P(SemaphoreConformance, TryAcquireCounts) {
  perform([] {
    weft::Semaphore semaphore{2};
    semaphore.acquire(1);
    EXPECT_TRUE(semaphore.try_acquire(1));
    EXPECT_FALSE(semaphore.try_acquire(1));
    semaphore.release(2);
    EXPECT_TRUE(semaphore.try_acquire(2));
    EXPECT_FALSE(semaphore.try_acquire(1));
    semaphore.release(2);
  });
}

TEST_P(SemaphoreConformance, AcquireGivesUpWithItsContext) {
  perform([] {
    weft::Semaphore semaphore{2};
    semaphore.acquire(2);
    std::error_code error;
    semaphore.acquire(1, weft::with_timeout(weft::Context{}, 5ms), error);
    EXPECT_EQ(error, weft::errc::deadline_exceeded);
    auto [context, cancel] = weft::with_cancel(weft::Context{});
    cancel();
    semaphore.acquire(1, context, error);
    EXPECT_EQ(error, weft::errc::cancelled);
    semaphore.release(2);
    semaphore.acquire(2, weft::Context{}, error);
    EXPECT_FALSE(error);
  });
}

// Small requests that follow each other without a gap do not keep a large one out for ever.
TEST_P(SemaphoreConformance, ALargeRequestIsNotStarvedBySmallOnes) {
  perform([] {
    constexpr int kPermits = 4;
    weft::Semaphore semaphore{kPermits};
    std::atomic<bool> stop{false};
    Crew crew(side());
    for (int i = 0; i < kPermits; ++i) {
      crew.go([&] {
        while (!stop) {
          semaphore.acquire(1);
          weft::yield();
          semaphore.release(1);
        }
      });
    }
    for (int i = 0; i < 20; ++i) {
      semaphore.acquire(kPermits);
      semaphore.release(kPermits);
    }
    stop = true;
  });
}

// A large request at the head holds back the small one behind it; when it gives up, the small one is let in.
TEST_P(SemaphoreConformance, AGivenUpRequestMakesWayForThoseBehindIt) {
  perform([] {
    weft::Semaphore semaphore{10};
    semaphore.acquire(5);
    auto [context, cancel] = weft::with_cancel(weft::Context{});
    std::atomic<bool> small_in{false};
    Crew crew(side());
    crew.go([&, context] {
      std::error_code error;
      semaphore.acquire(8, context, error);
      EXPECT_EQ(error, weft::errc::cancelled);
    });
    // The large one waits as soon as a small one, for which there is room, does not get in at once.
    conformance::until([&] {
      if (!semaphore.try_acquire(1)) return true;
      semaphore.release(1);
      return false;
    });
    crew.go([&] {
      semaphore.acquire(5);
      small_in = true;
    });
    settle();
    EXPECT_FALSE(small_in);
    cancel();
    crew.join();
    EXPECT_TRUE(small_in);
    semaphore.release(10);
  });
}

TEST_P(SemaphoreConformance, OneReleaseWakesAllForWhomThereIsRoom) {
  perform([] {
    weft::Semaphore semaphore{6};
    semaphore.acquire(6);
    std::atomic<int> in{0};
    Crew crew(side());
    for (int i = 0; i < 3; ++i) {
      crew.go([&] {
        semaphore.acquire(2);
        ++in;
      });
    }
    settle();
    EXPECT_EQ(in, 0);
    semaphore.release(6);
    crew.join();
    EXPECT_EQ(in, 3);
  });
}

TEST_P(SemaphoreConformance, ASemaphoreOfOnePassesABaton) {
  perform([] {
    weft::Semaphore semaphore{1};
    int plain = 0;
    {
      Crew crew(side());
      for (int worker = 0; worker < 10; ++worker) {
        crew.go([&] {
          for (int i = 0; i < 1'000; ++i) {
            semaphore.acquire(1);
            ++plain;
            semaphore.release(1);
          }
        });
      }
    }
    EXPECT_EQ(plain, 10'000);
  });
}

TEST_P(SemaphoreConformance, MoreReleasedThanHeldIsAUsageError) {
  perform([] {
    weft::Semaphore semaphore{2};
    EXPECT_THROW(semaphore.release(1), weft::usage_error);
    semaphore.acquire(1);
    EXPECT_THROW(semaphore.release(2), weft::usage_error);
    semaphore.release(1);
    EXPECT_TRUE(semaphore.try_acquire(2));
  });
}

TEST_P(SemaphoreConformance, CountsThatCanNeverBeHadAreUsageErrors) {
  perform([] {
    EXPECT_THROW(weft::Semaphore{-1}, weft::usage_error);
    weft::Semaphore semaphore{1};
    EXPECT_THROW(semaphore.acquire(-1), weft::usage_error);
    EXPECT_THROW(semaphore.release(-1), weft::usage_error);
    EXPECT_THROW(semaphore.try_acquire(-1), weft::usage_error);
    EXPECT_THROW(semaphore.acquire(2), weft::usage_error);
    EXPECT_THROW(semaphore.try_acquire(2), weft::usage_error);
    std::error_code error;
    EXPECT_THROW(semaphore.acquire(2, weft::Context{}, error), weft::usage_error);
    EXPECT_TRUE(semaphore.try_acquire(1)) << "a refused request was left behind";
  });
}

}  // namespace
