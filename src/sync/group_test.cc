#include "weft/sync/group.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "sync/sync_test_support.h"
#include "weft/chan.h"

namespace weft::testing {
namespace {

class GroupTest : public BothWays {};
WEFT_BOTH_WAYS(GroupTest);

TEST_P(GroupTest, WaitsForAllAndCancelsItsContextThen) {
  run([&] {
    Group group;
    std::atomic<int> ran{0};
    for (int i = 0; i < 10; ++i) {
      group.go([&](Context ctx) {
        EXPECT_FALSE(ctx.error());
        yield();
        ++ran;
      });
    }
    group.go({.name = "member"}, [&] { ++ran; });
    group.wait();
    EXPECT_EQ(ran, 11);
    EXPECT_EQ(group.context().error(), errc::cancelled);
    group.wait();  // again: nothing to do
  });
}

TEST_P(GroupTest, TheFirstExceptionCancelsAndIsRethrown) {
  run([&] {
    auto failed = make_chan<void>();
    Group group;
    group.go([&](const Context& ctx) {
      ctx.done().recv();
      EXPECT_THROW(std::rethrow_exception(ctx.cause()), std::out_of_range);
      failed.close();
      throw std::runtime_error("the second failure");
    });
    group.go([] { throw std::out_of_range("the first failure"); });
    EXPECT_THROW(group.wait(), std::out_of_range);
    EXPECT_FALSE(failed.recv());
    EXPECT_THROW(group.wait(), std::out_of_range) << "it is not forgotten";
  });
}

TEST_P(GroupTest, ItsContextIsAChildOfTheOneGiven) {
  run([&] {
    auto [ctx, cancel] = with_cancel(Context());
    Group group(ctx);
    std::atomic<bool> saw{false};
    group.go([&](const Context& own) {
      own.done().recv();
      saw = true;
    });
    cancel();
    group.wait();
    EXPECT_TRUE(saw);
  });
}

TEST_P(GroupTest, TheLimitBoundsHowManyRun) {
  run([&] {
    Group group;
    group.set_limit(3);
    std::atomic<int> running{0};
    std::atomic<int> ran{0};
    for (int i = 0; i < 40; ++i) {
      group.go([&] {
        EXPECT_LE(++running, 3);
        yield();
        --running;
        ++ran;
      });
    }
    group.wait();
    EXPECT_EQ(ran, 40);
  });
}

TEST_P(GroupTest, TryGoDoesNotWait) {
  run([&] {
    auto gate = make_chan<void>();
    Group group;
    group.set_limit(1);
    auto untouched = std::make_shared<int>(1);
    ASSERT_TRUE(group.try_go([gate] { gate.recv(); }));
    auto job = [untouched] {};
    EXPECT_FALSE(group.try_go(std::move(job)));
    EXPECT_EQ(untouched.use_count(), 2);
    gate.close();
    group.wait();
    EXPECT_TRUE(group.try_go([] {}));
    group.wait();
  });
}

TEST_P(GroupTest, OneThatIsDroppedCancelsAndWaits) {
  run([&] {
    std::atomic<bool> ended{false};
    {
      Group group;
      group.go([&](const Context& ctx) {
        ctx.done().recv();
        yield();
        ended = true;
        throw std::runtime_error("nobody asks");
      });
    }
    EXPECT_TRUE(ended);
  });
}

TEST_P(GroupTest, CapturesAreGoneWhenWaitReturns) {
  run([&] {
    auto token = std::make_shared<int>(1);
    Group group;
    for (int i = 0; i < 4; ++i) group.go([token] { yield(); });
    group.wait();
    EXPECT_EQ(token.use_count(), 1);
  });
}

TEST_P(GroupTest, UsageFaults) {
  run([&] {
    Group group;
    EXPECT_USAGE_ERROR(group.set_limit(0), "set_limit(0)");
    EXPECT_USAGE_ERROR(group.set_limit(-3), "allowed is 1");
    EXPECT_USAGE_ERROR(group.go(std::function<void()>()), "Group::go");
    auto gate = make_chan<void>();
    group.go([gate] { gate.recv(); });
    EXPECT_USAGE_ERROR(group.set_limit(2), "still run");
    gate.close();
    group.wait();
    group.set_limit(Group::kUnlimited);
  });
}

}  // namespace
}  // namespace weft::testing
