#include "weft/sync/wait_group.h"

#include <gtest/gtest.h>

#include <memory>

#include "sync/sync_test_support.h"

namespace weft::testing {
namespace {

class WaitGroupTest : public BothWays {};
WEFT_BOTH_WAYS(WaitGroupTest);

TEST_P(WaitGroupTest, WaitsForAll) {
  run([&] {
    WaitGroup group;
    group.wait();  // nothing to wait for
    int results[16] = {};
    for (int i = 0; i < 16; ++i) {
      group.go([&, i] {
        yield();
        results[i] = 1;
      });
    }
    group.wait();
    for (int result : results) EXPECT_EQ(result, 1);
    EXPECT_EQ(group.count(), 0);
  });
}

TEST_P(WaitGroupTest, ManyMayWait) {
  run([&] {
    WaitGroup group;
    group.add(2);
    std::atomic<int> through{0};
    Crew crew(GetParam());
    for (int i = 0; i < 4; ++i) {
      crew.go([&] {
        group.wait();
        ++through;
      });
    }
    for (int i = 0; i < 100; ++i) yield();
    group.done();
    EXPECT_EQ(through, 0);
    group.add(-1);
    crew.join();
    EXPECT_EQ(through, 4);
  });
}

TEST_P(WaitGroupTest, CanBeUsedAgainAndDestroyedAtOnce) {
  run([&] {
    for (int round = 0; round < 300; ++round) {
      auto group = std::make_unique<WaitGroup>();
      for (int use = 0; use < 2; ++use) {
        for (int i = 0; i < 3; ++i) group->go([] {});
        group->wait();
      }
      group.reset();
    }
  });
}

TEST_P(WaitGroupTest, AContextEndsTheWait) {
  run([&] {
    WaitGroup group;
    auto [ctx, cancel] = with_cancel(Context());
    std::error_code ec = errc::closed;
    group.wait(ctx, ec);
    EXPECT_FALSE(ec) << "a counter at zero needs no context";
    group.add();
    Crew crew(GetParam());
    crew.go([&, context = ctx] {
      std::error_code error;
      group.wait(context, error);
      EXPECT_EQ(error, errc::cancelled);
    });
    cancel();
    crew.join();
    group.wait(ctx, ec);
    EXPECT_EQ(ec, errc::cancelled);
    group.done();
    group.wait(ctx, ec);
    EXPECT_FALSE(ec) << "zero counts before the context";
    group.wait();
  });
}

TEST_P(WaitGroupTest, CapturesAreGoneWhenWaitReturns) {
  run([&] {
    auto token = std::make_shared<int>(1);
    WaitGroup group;
    for (int i = 0; i < 8; ++i) group.go([token] { yield(); });
    group.wait();
    EXPECT_EQ(token.use_count(), 1);
  });
}

TEST_P(WaitGroupTest, MoreDonesThanAddsAreAUsageError) {
  run([&] {
    WaitGroup group;
    EXPECT_USAGE_ERROR(group.done(), "done()");
    EXPECT_USAGE_ERROR(group.add(-1), "-1");
    group.add(3);
    EXPECT_USAGE_ERROR(group.add(-4), "allowed is 0");
    EXPECT_USAGE_ERROR(group.add(std::int64_t{1} << 31), "2147483648");
    EXPECT_EQ(group.count(), 3) << "a refused call changes nothing";
    group.add(-3);
    group.wait();
  });
}

TEST_P(WaitGroupTest, AnEmptyFunctionIsAUsageErrorAndNotCounted) {
  run([&] {
    WaitGroup group;
    EXPECT_USAGE_ERROR(group.go(std::function<void()>()), "WaitGroup::go");
    EXPECT_USAGE_ERROR(group.go({.stack_bytes = std::size_t{1} << 40}, [] {}), "stack_bytes");
    EXPECT_EQ(group.count(), 0);
    group.wait();
  });
}

}  // namespace
}  // namespace weft::testing
