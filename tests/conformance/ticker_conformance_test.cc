// Tickers as Go's tick suite describes them: never early, stopped for good, no tick of an old period after reset.
#include <atomic>
#include <chrono>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/error.h"
#include "weft/select.h"
#include "weft/time.h"

namespace {

using conformance::Crew;
using conformance::settle;
using weft::make_chan;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class TickerConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(TickerConformance);

TEST_P(TickerConformance, TicksAreNotEarlyAndFollowAReset) {
  perform([] {
    const auto start = Clock::now();
    weft::Ticker ticker{5ms};
    for (int i = 1; i <= 4; ++i) EXPECT_GE(ticker.chan().recv().value() - start, i * 5ms);
    const auto reset = Clock::now();
    ticker.reset(10ms);
    for (int i = 1; i <= 4; ++i) EXPECT_GE(ticker.chan().recv().value() - reset, i * 10ms);
    ticker.stop();
    weft::sleep_for(25ms);
    EXPECT_TRUE(ticker.chan().try_recv().empty) << "a tick after stop";
  });
}

TEST_P(TickerConformance, AFastTickerTicksOn) {
  perform([] {
    weft::Ticker ticker{1ns};
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(ticker.chan().recv().has_value());
  });
}

TEST_P(TickerConformance, ManyReceiveFromOneTicker) {
  perform([] {
    weft::Ticker ticker{1ns};
    Crew crew(side());
    for (int i = 0; i < 10; ++i) {
      crew.go([&ticker] {
        for (int n = 0; n < 100; ++n) EXPECT_TRUE(ticker.chan().recv().has_value());
      });
    }
  });
}

TEST_P(TickerConformance, ManyWaitForOneTickerBesideATimeout) {
  perform([] {
    weft::Ticker ticker{1us};
    Crew crew(side());
    for (int i = 0; i < 4; ++i) {
      crew.go([&ticker] {
        for (int n = 0; n < 1'000; ++n) {
          weft::select(weft::on_recv(ticker.chan(), [](auto) {}), weft::on_timeout(1ms, [] {}));
        }
      });
    }
  });
}

TEST_P(TickerConformance, StartStopStartStop) {
  perform([] {
    for (int i = 0; i < 3; ++i) {
      weft::Ticker ticker{2ms};
      EXPECT_TRUE(ticker.chan().recv().has_value());
      ticker.stop();
      ticker.stop();
    }
  });
}

TEST_P(TickerConformance, APeriodOfZeroOrLessIsAUsageError) {
  perform([] {
    EXPECT_THROW(const weft::Ticker refused{0s}, weft::usage_error);
    EXPECT_THROW(const weft::Ticker refused{-1s}, weft::usage_error);
    weft::Ticker ticker{1h};
    EXPECT_THROW(ticker.reset(0s), weft::usage_error);
    EXPECT_THROW(ticker.reset(-1ns), weft::usage_error);
  });
}

// The next tick would be beyond the end of the clock: there is none, others tick on, and a reset brings it back.
TEST_P(TickerConformance, APeriodBeyondTheClockNeverTicks) {
  perform([] {
    weft::Ticker endless{std::chrono::nanoseconds::max()};
    const auto forever = weft::tick(std::chrono::hours::max());
    weft::Ticker other{1ms};
    other.reset(std::chrono::nanoseconds::max());
    other.reset(1ms);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(other.chan().recv().has_value());
    EXPECT_TRUE(endless.chan().try_recv().empty);
    EXPECT_TRUE(forever.try_recv().empty);
    endless.reset(1ms);
    EXPECT_TRUE(endless.chan().recv().has_value());
  });
}

TEST_P(TickerConformance, ASlowReceiverGetsOneTickNotAHeap) {
  perform([] {
    weft::Ticker ticker{1ms};
    weft::sleep_for(20ms);
    EXPECT_TRUE(ticker.chan().recv().has_value());
    ticker.stop();
    EXPECT_TRUE(ticker.chan().try_recv().empty);
  });
}

TEST_P(TickerConformance, NoStaleTickAfterStopOrReset) {
  perform([] {
    weft::Ticker ticker{1ms};
    weft::sleep_for(5ms);
    ticker.stop();
    EXPECT_TRUE(ticker.chan().try_recv().empty);
    ticker.reset(1ms);
    weft::sleep_for(5ms);
    ticker.reset(1h);
    EXPECT_TRUE(ticker.chan().try_recv().empty);
    ticker.reset(1ms);
    EXPECT_TRUE(ticker.chan().recv().has_value());
    EXPECT_TRUE(ticker.chan().recv().has_value());
  });
}

TEST_P(TickerConformance, AReceiverOfAStoppedTickerWaitsUntilItIsReset) {
  perform([] {
    weft::Ticker ticker{1h};
    ticker.stop();
    std::atomic<bool> received{false};
    Crew crew(side());
    crew.go([&] {
      EXPECT_TRUE(ticker.chan().recv().has_value());
      received = true;
    });
    settle();
    EXPECT_FALSE(received);
    ticker.reset(1ms);
  });
}

// Thousands of short sleeps come and go while work is passed on beside timeouts that never fire.
TEST(TickerLoadConformance, AbandonedTimeoutsDoNotPileUp) {
  conformance::in_runtime(2, [] {
    Crew sleepers(conformance::Side::kGoroutines);
    for (int i = 0; i < 2'000; ++i) sleepers.go([] { weft::sleep_for(10us); });
    auto work = make_chan<int>();
    auto passed = make_chan<int>();
    sleepers.go([=] {
      for (int& value : work) passed.send(value);
      passed.close();
    });
    for (int i = 0; i < 20'000; ++i) {
      work.send(i);
      std::optional<int> got;
      weft::select(weft::on_recv(passed, [&](std::optional<int> value) { got = value; }),
                   weft::on_recv(weft::after(1h), [](auto) { ADD_FAILURE() << "an hour has passed"; }));
      ASSERT_EQ(got, i);
    }
    work.close();
    EXPECT_EQ(passed.recv(), std::nullopt);
  });
}

}  // namespace
