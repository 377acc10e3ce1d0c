#include "weft/time.h"

#include <gtest/gtest.h>

#include <memory>

#include "sync/sync_test_support.h"

namespace weft::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;

class TimeTest : public BothWays {};
WEFT_BOTH_WAYS(TimeTest);

bool empty(const RecvChan<time_point>& channel) { return channel.try_recv().empty; }

// A timer's channel does not say so itself.
std::uint32_t values_sent(const RecvChan<time_point>& channel) {
  const detail::ChanCore* core = detail::ChanAccess::core(channel);
  return core == nullptr ? 0 : core->count.load(std::memory_order_acquire);
}

TEST_P(TimeTest, SleepsNotTooShort) {
  run([&] {
    for (const auto duration : {1us, 100us, 3000us}) {
      const auto start = steady_clock::now();
      sleep_for(duration);
      EXPECT_GE(steady_clock::now() - start, duration);
    }
    const auto until = steady_clock::now() + 2ms;
    sleep_until(until);
    EXPECT_GE(steady_clock::now(), until);
    const auto wall = system_clock::now() + 2ms;
    sleep_until(wall);
    EXPECT_GE(system_clock::now(), wall);
  });
}

TEST_P(TimeTest, WhatHasPassedIsNotSleptFor) {
  run([&] {
    sleep_for(0s);
    sleep_for(-1h);
    sleep_for(std::chrono::hours::min());
    sleep_until(steady_clock::time_point::min());
    sleep_until(system_clock::time_point::min());
  });
}

TEST_P(TimeTest, AContextEndsASleepOfAnyLength) {
  run([&] {
    auto [ctx, cancel] = with_cancel(Context());
    std::error_code ec = errc::closed;
    sleep_for(1ms, ctx, ec);
    EXPECT_FALSE(ec);
    Crew crew(GetParam());
    crew.go([&, c = ctx] {
      std::error_code error;
      sleep_for(std::chrono::hours::max(), c, error);
      EXPECT_EQ(error, errc::cancelled);
    });
    crew.go([&, c = ctx] {
      std::error_code error;
      sleep_until(steady_clock::time_point::max(), c, error);
      EXPECT_EQ(error, errc::cancelled);
    });
    wait_for_receivers(ctx.done(), 2);
    cancel();
    crew.join();
    sleep_for(1h, ctx, ec);
    EXPECT_EQ(ec, errc::cancelled);
    EXPECT_THROW(sleep_for(1h, ctx), std::system_error);
    sleep_for(1h, with_timeout(Context(), 1ms), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
  });
}

TEST_P(TimeTest, AfterSendsOnce) {
  run([&] {
    const auto start = steady_clock::now();
    const RecvChan<time_point> channel = after(2ms);
    const std::optional<time_point> when = channel.recv();
    EXPECT_GE(*when, start + 2ms);
    EXPECT_TRUE(empty(channel));
    EXPECT_TRUE(after(-1s).recv().has_value());
    for (int i = 0; i < 1000; ++i) static_cast<void>(after(1h));  // gone with their channels
  });
}

TEST_P(TimeTest, ATimerThatIsStoppedSendsNothing) {
  run([&] {
    Timer timer(1h);
    EXPECT_TRUE(timer.stop());
    EXPECT_FALSE(timer.stop());
    EXPECT_FALSE(timer.reset(1ms));
    timer.chan().recv();
    EXPECT_FALSE(timer.stop()) << "it was received";
  });
}

TEST_P(TimeTest, NoStaleValueAfterStopOrReset) {
  run([&] {
    for (int i = 0; i < 100; ++i) {
      Timer timer{std::chrono::microseconds(i)};
      if (i % 2 == 0) wait_until([&] { return values_sent(timer.chan()) == 1; });  // sent, and nobody has received it
      const bool prevented = timer.stop();
      EXPECT_TRUE(prevented);
      EXPECT_TRUE(empty(timer.chan()));
      timer.reset(0s);
      wait_until([&] { return values_sent(timer.chan()) == 1; });
      const auto start = steady_clock::now();
      EXPECT_TRUE(timer.reset(50us));
      EXPECT_GE(*timer.chan().recv(), start + 50us);
    }
  });
}

TEST_P(TimeTest, ATimersChannelShowsNoBuffer) {
  run([&] {
    const Timer timer(0s);
    wait_until([&] { return values_sent(timer.chan()) == 1; });
    EXPECT_EQ(timer.chan().len(), 0u);
    EXPECT_EQ(timer.chan().cap(), 0u);
    EXPECT_EQ(Ticker(1h).chan().cap(), 0u);
    EXPECT_EQ(after(1h).cap(), 0u);
  });
}

TEST_P(TimeTest, ADestroyedTimerSendsNothing) {
  run([&] {
    RecvChan<time_point> channel;
    {
      Timer timer(1ms);
      channel = timer.chan();
      Timer moved = std::move(timer);
    }
    sleep_for(3ms);
    EXPECT_TRUE(empty(channel));
  });
}

TEST_P(TimeTest, ATickerTicksAndDropsWhatNobodyTakes) {
  run([&] {
    const auto start = steady_clock::now();
    Ticker ticker(1ms);
    time_point last = start;
    for (int i = 1; i <= 5; ++i) {
      const time_point tick = *ticker.chan().recv();
      EXPECT_GE(tick, start + i * 1ms);
      EXPECT_GT(tick, last);
      last = tick;
    }
    sleep_for(10ms);
    EXPECT_LE(values_sent(ticker.chan()), 1u);
    ticker.stop();
    EXPECT_TRUE(empty(ticker.chan()));
    const auto again = steady_clock::now();
    ticker.reset(2ms);
    EXPECT_GE(*ticker.chan().recv(), again + 2ms);
    EXPECT_GE(*ticker.chan().recv(), again + 4ms);
    const RecvChan<time_point> ticks = tick(1ms);
    ticks.recv();
    ticks.recv();
  });
}

TEST_P(TimeTest, AShortPeriodDoesNotOutrunItsStop) {
  run([&] {
    for (int i = 0; i < 200; ++i) {
      Ticker ticker(1ns);
      if (i % 4 == 0) ticker.chan().recv();
      if (i % 3 == 0) ticker.reset(1us);
      ticker.stop();
      EXPECT_TRUE(empty(ticker.chan()));
    }
  });
}

TEST_P(TimeTest, AfterFuncRunsItsFunction) {
  run([&] {
    auto ran = make_chan<int>(8);
    after_func(1ms, [ran] { ran.send(1); });
    EXPECT_EQ(ran.recv(), 1);
    FunctionTimer timer = after_func(1h, [ran] { ran.send(2); });
    EXPECT_TRUE(timer.stop());
    EXPECT_FALSE(timer.stop());
    EXPECT_FALSE(timer.reset(1ms));
    EXPECT_EQ(ran.recv(), 2);
    EXPECT_FALSE(timer.reset(0s));
    EXPECT_EQ(ran.recv(), 2);
    FunctionTimer copy = timer;
    EXPECT_FALSE(copy.reset(1h));
    EXPECT_TRUE(timer.reset(0s));
    EXPECT_EQ(ran.recv(), 2);
    EXPECT_FALSE(copy.stop());
  });
}

TEST_P(TimeTest, AfterFuncLetsGoOfItsFunction) {
  run([&] {
    auto token = std::make_shared<int>(0);
    for (int i = 0; i < 50; ++i) {
      FunctionTimer timer = after_func(std::chrono::microseconds(i), [token] {});
      if (i % 2 == 0) timer.stop();
    }
    wait_until([&] { return token.use_count() == 1; });
  });
}

TEST_P(TimeTest, UsageFaults) {
  run([&] {
    EXPECT_USAGE_ERROR(static_cast<void>(Ticker(0s)), "period 0 ns");
    EXPECT_USAGE_ERROR(static_cast<void>(Ticker(-1ms)), "-1000000 ns");
    EXPECT_USAGE_ERROR(static_cast<void>(tick(0ns)), "weft::tick");
    Ticker ticker(1h);
    EXPECT_USAGE_ERROR(ticker.reset(0s), "Ticker::reset");
    EXPECT_USAGE_ERROR(after_func(1s, std::function<void()>()), "after_func");
  });
}

TEST(DeadlineTest, SaturatesAndRoundsUp) {
  using detail::kNever;
  using detail::saturated_nanos;
  EXPECT_EQ(saturated_nanos(5ns), 5);
  EXPECT_EQ(saturated_nanos(-3s), -3'000'000'000);
  EXPECT_EQ(saturated_nanos(std::chrono::hours::max()), kNever);
  EXPECT_EQ(saturated_nanos(std::chrono::hours::min()), INT64_MIN);
  EXPECT_EQ(saturated_nanos(std::chrono::nanoseconds::max()), kNever);
  EXPECT_EQ(saturated_nanos(std::chrono::duration<int, std::pico>(1001)), 2);
  EXPECT_EQ(saturated_nanos(std::chrono::duration<double>(1e-9 * 2.5)), 3);
  EXPECT_EQ(saturated_nanos(std::chrono::duration<double>(1e300)), kNever);
  EXPECT_EQ(saturated_nanos(std::chrono::duration<int, std::ratio<1, 3>>(1)), 333'333'334);
  EXPECT_EQ(detail::saturated_sum(kNever, 1), kNever);
  EXPECT_EQ(detail::saturated_sum(INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(detail::deadline_at(steady_clock::time_point::max()), kNever);
  EXPECT_EQ(detail::deadline_at(system_clock::time_point::max()), kNever);
  EXPECT_LT(detail::deadline_at(system_clock::time_point::min()), 0);
}

}  // namespace
}  // namespace weft::testing
