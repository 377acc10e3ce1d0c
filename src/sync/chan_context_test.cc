// Channel operations and select with a context: who wins, what is reported, that nothing is lost.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <system_error>

#include "sync/chan_test_support.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/runtime.h"
#include "weft/select.h"

namespace weft {
namespace {

using namespace std::chrono_literals;
using testing::BothWays;
using testing::Census;
using testing::Fragile;
using testing::name_of;
using testing::Tracked;
using testing::wait_for_receivers;
using testing::wait_for_senders;
using testing::Where;

class ChanContextTest : public BothWays {};
WEFT_BOTH_WAYS(ChanContextTest);

TEST_P(ChanContextTest, WhatIsReadyGoesThrough) {
  run([] {
    auto [ctx, cancel] = with_cancel(Context());
    auto c = make_chan<std::string>(1);
    std::string value = "a value too long to live inside the string object";
    std::error_code error = make_error_code(errc::closed);
    c.send(value, ctx, error);
    EXPECT_FALSE(error);
    EXPECT_EQ(value, "a value too long to live inside the string object");  // an lvalue is copied
    error = make_error_code(errc::closed);
    EXPECT_EQ(c.recv(ctx, error), value);
    EXPECT_FALSE(error);
    c.send(std::move(value), ctx);
    EXPECT_EQ(value, "");  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(c.recv(ctx).has_value());
  });
}

TEST_P(ChanContextTest, ADoneContextWinsOnEntry) {
  run([] {
    auto [ctx, cancel] = with_cancel(Context());
    auto c = make_chan<int>(2);
    c.send(1);
    cancel();
    std::error_code error;
    EXPECT_EQ(c.recv(ctx, error), std::nullopt);
    EXPECT_EQ(error, errc::cancelled);
    c.send(2, ctx, error);
    EXPECT_EQ(error, errc::cancelled);
    EXPECT_EQ(c.len(), 1u);
    EXPECT_THROW(c.recv(ctx), std::system_error);
    EXPECT_THROW(c.send(3, ctx), std::system_error);
  });
}

TEST_P(ChanContextTest, CancelEndsAWaitAndKeepsTheValue) {
  run([] {
    Census census;
    {
      auto [ctx, cancel] = with_cancel(Context());
      auto c = make_chan<Tracked>();
      Tracked mine(census, 6);
      auto sender = spawn([&, until = ctx] {
        std::error_code error;
        c.send(mine, until, error);  // can't be copied: moves if it is sent
        return error;
      });
      wait_for_senders(c, 1);
      cancel();
      EXPECT_EQ(sender.join(), errc::cancelled);
      EXPECT_EQ(mine.number(), 6);
      EXPECT_EQ(census.moves, 0);
      EXPECT_TRUE(c.try_recv().empty);
      EXPECT_EQ(testing::length(detail::ChanAccess::core(c)->senders), 0u);
    }
    EXPECT_EQ(census.alive, 0);
  });
}

TEST_P(ChanContextTest, CancelEndsAReceive) {
  run([] {
    auto [ctx, cancel] = with_cancel(Context());
    auto c = make_chan<int>();
    auto receiver = spawn([&, until = ctx] {
      std::error_code error;
      EXPECT_EQ(c.recv(until, error), std::nullopt);
      return error;
    });
    wait_for_receivers(c, 1);
    cancel();
    EXPECT_EQ(receiver.join(), errc::cancelled);
    EXPECT_FALSE(c.try_send(1));
  });
}

TEST_P(ChanContextTest, ADeadlineIsReportedAsOne) {
  run([] {
    Context ctx = with_timeout(Context(), 2ms);
    auto c = make_chan<void>();
    std::error_code error;
    EXPECT_FALSE(c.recv(ctx, error));
    EXPECT_EQ(error, errc::deadline_exceeded);
    c.send(ctx, error);
    EXPECT_EQ(error, errc::deadline_exceeded);
  });
}

TEST_P(ChanContextTest, AWaitWithAContextCanSucceed) {
  run([] {
    auto [ctx, cancel] = with_cancel(Context());
    auto c = make_chan<Fragile>();
    for (int i = 0; i < 20; ++i) {
      auto sender = spawn([&, until = ctx] { c.send(Fragile(i), until); });
      if (i % 2 == 0) wait_for_senders(c, 1);
      EXPECT_EQ(c.recv(ctx)->number, i);
      sender.join();
    }
    EXPECT_EQ(testing::length(detail::ChanAccess::core(ctx.done())->receivers), 0u);
  });
}

TEST_P(ChanContextTest, ClosedIsNoError) {
  run([] {
    auto [ctx, cancel] = with_cancel(Context());
    auto c = make_chan<int>();
    auto receiver = spawn([&, until = ctx] {
      std::error_code error;
      EXPECT_EQ(c.recv(until, error), std::nullopt);
      return error;
    });
    wait_for_receivers(c, 1);
    c.close();
    EXPECT_FALSE(receiver.join());
    std::error_code error;
    EXPECT_THROW(c.send(1, ctx, error), closed_channel);
    EXPECT_FALSE(error);
  });
}

TEST_P(ChanContextTest, NilWaitsForTheContextAlone) {
  run([] {
    auto [ctx, cancel] = with_cancel(Context());
    auto receiver = spawn([until = ctx] {
      std::error_code error;
      Chan<int>().recv(until, error);
      return error;
    });
    wait_for_receivers(ctx.done(), 1);
    cancel();
    EXPECT_EQ(receiver.join(), errc::cancelled);
  });
}

TEST_P(ChanContextTest, TheBackgroundNeverEndsAWait) {
  run([] {
    auto c = make_chan<int>();
    auto receiver = spawn([&] { return c.recv(Context()); });
    wait_for_receivers(c, 1);
    c.send(1, Context());
    EXPECT_EQ(receiver.join(), 1);
  });
}

TEST_P(ChanContextTest, OnDoneFiresWhenTheContextIsDone) {
  run([] {
    auto [ctx, cancel] = with_cancel(Context());
    auto c = make_chan<int>(1);
    EXPECT_EQ(select(on_done(ctx), on_recv(c), otherwise()), 2u);
    EXPECT_EQ(select(on_done(Context()), on_timeout(1ms)), 1u);
    bool done = false;
    auto selecting = spawn([&, until = ctx] { return select(on_recv(c), on_done(until, [&] { done = true; })); });
    wait_for_receivers(c, 1);
    cancel();
    EXPECT_EQ(selecting.join(), 1u);
    EXPECT_TRUE(done);
    EXPECT_EQ(select(on_recv(c), on_done(ctx)), 1u);
    Selector selector;
    selector.recv(c);
    selector.done(ctx);
    EXPECT_EQ(selector.wait(), 1u);
  });
}

}  // namespace
}  // namespace weft
