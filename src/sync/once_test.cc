#include "weft/sync/once.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "sync/sync_test_support.h"

namespace weft::testing {
namespace {

class OnceTest : public BothWays {};
WEFT_BOTH_WAYS(OnceTest);

TEST_P(OnceTest, RunsOnceAndEverybodySeesIt) {
  run([&] {
    for (int round = 0; round < 20; ++round) {
      Once once;
      int calls = 0;
      Crew crew(GetParam());
      for (int worker = 0; worker < 8; ++worker) {
        crew.go([&] {
          once.call([&] {
            yield();
            ++calls;
          });
          EXPECT_EQ(calls, 1);
          EXPECT_TRUE(once.done());
        });
      }
    }
  });
}

TEST_P(OnceTest, AnExceptionLeavesItNotDone) {
  run([&] {
    Once once;
    EXPECT_THROW(once.call([] { throw std::runtime_error("no"); }), std::runtime_error);
    EXPECT_FALSE(once.done());
    int calls = 0;
    once.call([&](int n) { calls += n; }, 3);
    once.call([&] { ++calls; });
    EXPECT_EQ(calls, 3);
  });
}

TEST_P(OnceTest, WhoWaitsTriesAfterAFailure) {
  run([&] {
    Once once;
    std::atomic<int> tries{0};
    std::atomic<int> failures{0};
    Crew crew(GetParam());
    for (int worker = 0; worker < 5; ++worker) {
      crew.go([&] {
        try {
          once.call([&] {
            const int attempt = ++tries;
            yield();
            if (attempt < 3) throw std::runtime_error("not yet");
          });
        } catch (const std::runtime_error&) {
          ++failures;
        }
      });
    }
    crew.join();
    EXPECT_EQ(tries, 3);
    EXPECT_EQ(failures, 2);
    EXPECT_TRUE(once.done());
  });
}

TEST_P(OnceTest, AnEmptyFunctionIsAUsageError) {
  run([&] {
    Once once;
    EXPECT_USAGE_ERROR(once.call(std::function<void()>()), "Once::call");
    EXPECT_FALSE(once.done());
  });
}

}  // namespace
}  // namespace weft::testing
