// Sleeping and timers as Go's time suite describes them since Go 1.23: never early, and no stale value after stop or
// reset.
#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "conformance/allocations.h"
#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/select.h"
#include "weft/sync/wait_group.h"
#include "weft/time.h"

namespace {

using conformance::Crew;
using conformance::settle;
using weft::make_chan;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class TimerConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(TimerConformance);

TEST_P(TimerConformance, SleepIsNeverShort) {
  perform([] {
    for (auto delay : {100us, 1000us, 20'000us}) {
      const auto start = Clock::now();
      weft::sleep_for(delay);
      EXPECT_GE(Clock::now() - start, delay);
      weft::sleep_until(start + 2 * delay);
      EXPECT_GE(Clock::now(), start + 2 * delay);
    }
  });
}

TEST_P(TimerConformance, SleepOfZeroOrLessReturns) {
  perform([] {
    for (int i = 0; i < 100; ++i) weft::sleep_for(0s);
    weft::sleep_for(-1s);
    weft::sleep_for(std::chrono::nanoseconds::min());
    weft::sleep_until(Clock::time_point{});
    weft::sleep_until(Clock::now() - 1h);
  });
}

// So long that the end overflows the clock: it sleeps on, and others are not disturbed.
TEST_P(TimerConformance, AHugeSleepDoesNotEnd) {
  perform([] {
    auto [context, cancel] = weft::with_cancel(weft::Context{});
    std::atomic<int> ended{0};
    Crew crew(side());
    const auto sleep_on = [&ended, context](auto duration) {
      std::error_code error;
      weft::sleep_for(duration, context, error);
      EXPECT_EQ(error, weft::errc::cancelled);
      ++ended;
    };
    crew.go([=] { sleep_on(std::chrono::nanoseconds::max()); });
    crew.go([=] { sleep_on(std::chrono::hours::max()); });
    crew.go([=] { sleep_on(std::chrono::duration<double>(1e300)); });
    auto huge = weft::after(std::chrono::nanoseconds::max());
    bool huge_fired = false;
    weft::select(weft::on_recv(huge, [&](auto) { huge_fired = true; }), weft::on_recv(weft::after(25ms), [](auto) {}));
    EXPECT_FALSE(huge_fired);
    EXPECT_EQ(ended, 0);
    cancel();
    crew.join();
    EXPECT_EQ(ended, 3);
    EXPECT_TRUE(weft::after(std::chrono::nanoseconds::min()).recv().has_value());
  });
}

TEST_P(TimerConformance, AfterIsNeverEarlyAndSaysWhen) {
  perform([] {
    const auto start = Clock::now();
    const auto fired = weft::after(20ms).recv();
    EXPECT_GE(Clock::now() - start, 20ms);
    ASSERT_TRUE(fired.has_value());
    EXPECT_GE(*fired - start, 20ms);
    EXPECT_LE(*fired, Clock::now());
    for (int i = 0; i < 10; ++i) weft::after(2ms).recv();
    EXPECT_GE(Clock::now() - start, 40ms);
  });
}

// A value that nobody takes for a while says when its time came, not when it was taken. A timer may be late on a busy
// machine, but not that late again and again.
TEST_P(TimerConformance, AValueSaysWhenTheTimeCameNotWhenItWasTaken) {
  perform([] {
    const auto told_before = [](auto make) {
      for (int attempt = 0; attempt < 10; ++attempt) {
        const auto channel = make();
        weft::sleep_for(30ms);
        const auto taken = Clock::now();
        if (channel.recv().value() < taken) return true;
      }
      return false;
    };
    EXPECT_TRUE(told_before([] { return weft::after(1ms); }));
    EXPECT_TRUE(told_before([] { return weft::tick(1ms); }));
  });
}

// Armed in no order; each fires at its own time, the shorter ones not held up by the longer.
TEST_P(TimerConformance, ManyTimersEachKeepTheirOwnTime) {
  perform([] {
    const std::array<int, 13> slots{5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0};
    const auto start = Clock::now();
    Crew crew(side());
    for (int slot : slots) {
      crew.go([start, slot, timer = weft::after(slot * 5ms)] {
        const auto fired = timer.recv();
        EXPECT_GE(fired.value() - start, slot * 5ms);
      });
    }
  });
}

// Each call arms the next and then sleeps far longer: the callbacks have goroutines of their own.
TEST(TimerCallbackConformance, ACallbackMayBlockWithoutHoldingOthersUp) {
  conformance::in_runtime(2, [] {
    auto last = make_chan<void>();
    auto end = make_chan<void>();
    weft::WaitGroup sleepers;
    int left = 10;
    std::function<void()> next = [&] {
      if (--left < 0) {
        last.send();
        return;
      }
      sleepers.add(1);
      weft::after_func(0s, next);
      end.recv();
      sleepers.done();
    };
    weft::after_func(0s, next);
    EXPECT_TRUE(last.recv());
    end.close();
    sleepers.wait();
  });
}

// Two always keep each other busy on the only processor; the callback gets its turn.
TEST(TimerCallbackConformance, ACallbackIsNotStarvedByABusyPair) {
  conformance::in_runtime(1, [] {
    std::atomic<bool> stop{false};
    auto c = make_chan<int>(1);
    Crew crew(conformance::Side::kGoroutines);
    crew.go([&stop, c] {
      while (!stop) c.send(1);
      c.close();
    });
    crew.go([c] {
      for (int& value : c) EXPECT_EQ(value, 1);
    });
    auto timer = weft::after_func(1us, [&stop] { stop = true; });
    crew.join();
  });
}

TEST_P(TimerConformance, AStoppedTimerNeverFires) {
  perform([] {
    const auto start = Clock::now();
    weft::Timer timer{10ms};
    auto called = std::make_shared<std::atomic<bool>>(false);
    auto function = weft::after_func(30ms, [called] { *called = true; });
    auto later = weft::after(60ms);
    ASSERT_TRUE(timer.stop());
    if (!function.stop()) {
      ASSERT_GE(Clock::now(), start + 30ms);  // this thread stood still that long
      return;
    }
    later.recv();
    EXPECT_TRUE(timer.chan().try_recv().empty);
    EXPECT_FALSE(*called);
    EXPECT_FALSE(timer.stop()) << "stopped twice";
    EXPECT_FALSE(function.stop()) << "stopped twice";
  });
}

TEST_P(TimerConformance, ResetSaysWhetherTheTimerWasRunning) {
  perform([] {
    weft::Timer timer{1h};
    EXPECT_TRUE(timer.reset(2h));
    EXPECT_TRUE(timer.reset(1ms));
    EXPECT_TRUE(timer.chan().recv().has_value());
    EXPECT_FALSE(timer.reset(1h));
    EXPECT_TRUE(timer.stop());
    EXPECT_FALSE(timer.reset(0s));
    EXPECT_TRUE(timer.chan().recv().has_value());
  });
}

TEST_P(TimerConformance, AResetTimerIsNotEarly) {
  perform([] {
    weft::Timer timer{5ms};
    weft::sleep_for(1ms);
    const auto start = Clock::now();
    timer.reset(20ms);
    EXPECT_GE(timer.chan().recv().value() - start, 20ms);
    EXPECT_GE(Clock::now() - start, 20ms);
  });
}

// Expired but not received: stop and reset take the value back, and count the timer as still running, as since Go 1.23.
TEST_P(TimerConformance, NoStaleValueAfterStopOrReset) {
  perform([] {
    weft::Timer timer{1ns};
    weft::sleep_for(5ms);
    EXPECT_TRUE(timer.stop());
    EXPECT_TRUE(timer.chan().try_recv().empty);

    EXPECT_FALSE(timer.reset(1ns));
    weft::sleep_for(5ms);
    EXPECT_TRUE(timer.reset(1h));
    EXPECT_TRUE(timer.chan().try_recv().empty);

    EXPECT_TRUE(timer.reset(1ns));
    conformance::until([&] { return timer.chan().try_recv().value.has_value(); });
    settle();
    EXPECT_TRUE(timer.chan().try_recv().empty) << "a timer fires once";
  });
}

TEST_P(TimerConformance, AReceiverThatWaitsFollowsStopAndReset) {
  perform([] {
    weft::Timer timer{1h};
    std::atomic<bool> received{false};
    Crew crew(side());
    crew.go([&] {
      EXPECT_TRUE(timer.chan().recv().has_value());
      received = true;
    });
    settle();
    timer.reset(2h);
    settle();
    EXPECT_FALSE(received);
    timer.stop();
    settle();
    EXPECT_FALSE(received);
    timer.reset(1ns);
    crew.join();
    EXPECT_TRUE(received);
    EXPECT_TRUE(timer.chan().try_recv().empty);
  });
}

TEST_P(TimerConformance, OfTwoReceiversOneGetsTheValue) {
  perform([] {
    weft::Timer timer{1h};
    auto stop = make_chan<void>();
    auto got = make_chan<bool>(2);
    Crew crew(side());
    for (int i = 0; i < 2; ++i) {
      crew.go([&] {
        weft::select(weft::on_recv(timer.chan(), [&](auto) { got.send(true); }),
                     weft::on_recv(stop, [&](bool) { got.send(false); }));
      });
    }
    settle();
    timer.reset(1ms);
    EXPECT_EQ(got.recv(), true);
    stop.close();
    EXPECT_EQ(got.recv(), false);
  });
}

TEST_P(TimerConformance, TimersOfZeroLengthAreNotForgotten) {
  perform([] {
    weft::Timer reused{1h};
    for (int i = 0; i < 5'000; ++i) {
      weft::Timer fresh{0s};
      ASSERT_TRUE(fresh.chan().recv().has_value());
      reused.reset(0s);
      ASSERT_TRUE(reused.chan().recv().has_value());
      weft::after_func(0s, [] {});
    }
  });
}

TEST_P(TimerConformance, ATimerMovedIntoThePastAgainAndAgainFires) {
  perform([] {
    for (int i = 0; i < 300; ++i) {
      weft::Timer timer{1h};
      for (int j = 0; j < 10; ++j) {
        timer.stop();
        timer.reset(-std::chrono::hours(24 * 365 * 50));
      }
      ASSERT_TRUE(timer.chan().recv().has_value());
    }
  });
}

// A hundred timers, each led in random turn through the same life of long and short terms: none of the short ones is
// lost.
TEST_P(TimerConformance, TimersMovedToAndFroLoseNothing) {
  perform([] {
    const conformance::Seed seed;
    std::mt19937 random(seed.value());
    std::vector<std::unique_ptr<weft::Timer>> timers;
    for (int i = 0; i < 100; ++i) timers.push_back(std::make_unique<weft::Timer>(0s));
    std::vector<int> steps(timers.size());
    for (std::size_t alive = timers.size(); alive > 0;) {
      const std::size_t at = random() % alive;
      weft::Timer& timer = *timers[at];
      switch (steps[at]++) {
        case 0:
        case 8:
          EXPECT_TRUE(timer.chan().recv().has_value());
          break;
        case 1:
          EXPECT_FALSE(timer.reset(1min));
          break;
        case 3:
          EXPECT_FALSE(timer.reset(3min));
          break;
        case 5:
          EXPECT_FALSE(timer.reset(2min));
          break;
        case 2:
        case 4:
        case 6:
          EXPECT_TRUE(timer.stop());
          break;
        case 7:
          EXPECT_FALSE(timer.reset(0s));
          break;
        default:
          --alive;
          std::swap(timers[at], timers[alive]);
          std::swap(steps[at], steps[alive]);
      }
    }
  });
}

// Stop races with the expiry: it says false only when the value can be had.
TEST_P(TimerConformance, StopAndResetAgreeWithTheChannelInARace) {
  perform([] {
    const int workers = side() == conformance::Side::kGoroutines ? 100 : 8;
    Crew crew(side());
    for (int worker = 0; worker < workers; ++worker) {
      crew.go([worker] {
        const auto cancel = [worker](weft::Timer& timer) { return worker % 2 == 0 ? timer.stop() : timer.reset(1h); };
        for (int i = 0; i < 20; ++i) {
          weft::Timer first{1ms};
          weft::Timer second{1ms};
          weft::Timer* other = nullptr;
          weft::select(weft::on_recv(first.chan(), [&](auto) { other = &second; }),
                       weft::on_recv(second.chan(), [&](auto) { other = &first; }));
          if (!cancel(*other)) {
            EXPECT_TRUE(other->chan().recv().has_value());
          }
        }
      });
    }
  });
}

TEST_P(TimerConformance, ManyResetOneTimerAndReceiveFromIt) {
  perform([] {
    weft::Timer timer{1ns};
    Crew crew(side());
    for (int i = 0; i < 4; ++i) {
      crew.go([&timer] {
        for (int n = 0; n < 2'000; ++n) {
          timer.chan().try_recv();
          timer.reset(1ns);
        }
      });
    }
    crew.join();
    timer.reset(1ns);
    EXPECT_TRUE(timer.chan().recv().has_value());
  });
}

// C++'s form of a timer that was never set: stop and reset do nothing, and hold nothing that others need.
TEST_P(TimerConformance, ATimerThatWasMovedAwayIsInert) {
  perform([] {
    weft::Timer timer{1h};
    weft::Timer taken = std::move(timer);
    weft::Ticker ticker{1ms};
    weft::Ticker taken_ticker = std::move(ticker);
    // NOLINTBEGIN(bugprone-use-after-move)
    EXPECT_FALSE(timer.reset(0s));
    EXPECT_FALSE(timer.stop());
    ticker.reset(1h);
    ticker.stop();
    // NOLINTEND(bugprone-use-after-move)
    EXPECT_TRUE(taken_ticker.chan().recv().has_value());
    EXPECT_TRUE(taken.stop()) << "the timer went with the move";
  });
}

TEST_P(TimerConformance, TimersThatNobodyHoldsCostNothing) {
  if (!conformance::kCountsAllocations) GTEST_SKIP() << "a sanitizer has its own allocator";
  perform([] {
    const auto make_and_drop = [] {
      for (int i = 0; i < 2'000; ++i) {
        static_cast<void>(weft::after(1h));
        weft::Timer timer{1h};
        weft::Timer stopped{1h};
        stopped.stop();
        weft::Ticker ticker{1h};
      }
    };
    make_and_drop();
    const long before = conformance::live_allocations();
    make_and_drop();
    EXPECT_LT(conformance::live_allocations() - before, 2'000);
  });
}

}  // namespace
