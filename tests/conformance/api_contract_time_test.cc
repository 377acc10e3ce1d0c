// The contract of time.h and of the runtime's metrics as a user meets them: durations of every kind, Go 1.23's timers.
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/metrics.h"
#include "weft/select.h"
#include "weft/time.h"

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using Seconds = std::chrono::duration<double>;
constexpr Seconds kForEver(std::numeric_limits<double>::infinity());

class ApiTimeConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiTimeConformance);

TEST_P(ApiTimeConformance, SleepsThatEndAtOnce) {
  perform([] {
    weft::sleep_for(0s);
    weft::sleep_for(-1s);
    weft::sleep_for(-kForEver);
    weft::sleep_for(Seconds(std::numeric_limits<double>::quiet_NaN()));
    weft::sleep_for(std::chrono::hours::min());
    weft::sleep_until(steady_clock::now() - 1h);
    weft::sleep_until(steady_clock::time_point::min());
    weft::sleep_until(system_clock::time_point::min());
    weft::sleep_for(Seconds(0.001));
    weft::sleep_until(system_clock::now() + 1ms);
  });
}

TEST_P(ApiTimeConformance, SleepsWithoutEndAreEndedByTheirContext) {
  perform([] {
    const auto ends_early = [](auto sleep) {
      std::error_code why;
      sleep(weft::with_timeout(weft::Context{}, 1ms), why);
      EXPECT_EQ(why, weft::errc::deadline_exceeded);
    };
    ends_early([](const weft::Context& ctx, std::error_code& why) { weft::sleep_for(10h, ctx, why); });
    ends_early([](const weft::Context& ctx, std::error_code& why) { weft::sleep_for(kForEver, ctx, why); });
    ends_early([](const weft::Context& ctx, std::error_code& why) {
      weft::sleep_for(std::chrono::nanoseconds::max(), ctx, why);
    });
    ends_early(
        [](const weft::Context& ctx, std::error_code& why) { weft::sleep_for(std::chrono::years::max(), ctx, why); });
    ends_early([](const weft::Context& ctx, std::error_code& why) {
      weft::sleep_until(steady_clock::time_point::max(), ctx, why);
    });
    ends_early([](const weft::Context& ctx, std::error_code& why) {
      weft::sleep_until(system_clock::time_point::max(), ctx, why);
    });
    EXPECT_THROW(weft::sleep_for(10h, weft::with_timeout(weft::Context{}, 1ms)), std::system_error);
    std::error_code why = weft::errc::closed;
    weft::sleep_for(1ms, weft::Context{}, why);
    EXPECT_FALSE(why);
  });
}

TEST_P(ApiTimeConformance, TimersFollowGo123) {
  perform([] {
    const auto start = steady_clock::now();
    auto tick = weft::after(5ms);
    static_assert(std::is_same_v<decltype(tick), weft::RecvChan<weft::time_point>>);
    EXPECT_GE(*tick.recv(), start + 5ms);
    weft::Timer timer{1s};
    EXPECT_TRUE(timer.stop());
    EXPECT_FALSE(timer.stop());
    EXPECT_FALSE(timer.reset(2s));
    EXPECT_TRUE(timer.reset(0s));
    weft::sleep_for(1ms);
    EXPECT_TRUE(timer.reset(1h)) << "a value that nobody has received was prevented";
    EXPECT_TRUE(timer.chan().try_recv().empty);
    EXPECT_EQ(timer.chan().cap() + timer.chan().len(), 0U);
    timer.reset(1ms);
    EXPECT_TRUE(timer.chan().recv());
    weft::Timer moved = std::move(timer);
    EXPECT_FALSE(moved.stop());
  });
}

TEST_P(ApiTimeConformance, TimersOfEveryLength) {
  perform([] {
    EXPECT_TRUE(weft::Timer{0s}.chan().recv());
    EXPECT_TRUE(weft::Timer{-5s}.chan().recv());
    EXPECT_TRUE(weft::Timer{std::chrono::hours::min()}.chan().recv());
    const weft::Timer endless{std::chrono::nanoseconds::max()};
    const weft::Timer more_endless{std::chrono::hours::max()};
    const weft::Ticker rare{std::chrono::hours::max()};
    EXPECT_TRUE(endless.chan().try_recv().empty && more_endless.chan().try_recv().empty);
    EXPECT_TRUE(rare.chan().try_recv().empty && weft::after(kForEver).try_recv().empty);
    EXPECT_EQ(weft::select(weft::on_timeout(-1s), weft::on_timeout(kForEver)), 0U);
    EXPECT_EQ(weft::select(weft::on_timeout(std::chrono::hours::max()), weft::on_timeout(1ns)), 1U);
  });
}

TEST_P(ApiTimeConformance, TickersAndFunctions) {
  perform([] {
    weft::Ticker ticker{1ms};
    EXPECT_TRUE(ticker.chan().recv() && ticker.chan().recv());
    for ([[maybe_unused]] const weft::time_point now : ticker.chan()) break;
    ticker.reset(2ms);
    EXPECT_TRUE(ticker.chan().recv());
    ticker.stop();
    EXPECT_TRUE(ticker.chan().try_recv().empty);
    EXPECT_THROW(ticker.reset(0s), weft::usage_error);
    EXPECT_THROW(static_cast<void>(weft::Ticker{0s}), weft::usage_error);
    EXPECT_THROW(static_cast<void>(weft::Ticker{-1s}), weft::usage_error);
    EXPECT_THROW(static_cast<void>(weft::tick(0s)), weft::usage_error);
    auto fired = weft::make_chan<void>();
    weft::after_func(1ms, [fired] { fired.close(); });
    EXPECT_FALSE(fired.recv());
    EXPECT_TRUE(weft::after_func(10h, [owned = std::make_unique<int>(1)] { static_cast<void>(owned); }).stop());
  });
}

TEST_P(ApiTimeConformance, MetricsOfTheRuntime) {
  perform([] {
    bool found = false;
    for (const auto& sample : weft::metrics::read()) found |= sample.name == "/sched/goroutines:goroutines";
    EXPECT_TRUE(found);
    std::ostringstream out;
    weft::metrics::write_prometheus(out);
    EXPECT_NE(out.str().find("# TYPE weft_sched_goroutines_goroutines gauge"), std::string::npos);
    EXPECT_NE(out.str().find("# HELP weft_sched_goroutines_goroutines "), std::string::npos);
  });
}

}  // namespace
