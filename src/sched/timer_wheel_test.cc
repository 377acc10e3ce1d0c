#include "sched/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "weft/detail/timer_node.h"

namespace weft::sched {
namespace {

using detail::kNever;
using detail::MonotonicNanos;
using detail::TimerNode;

constexpr MonotonicNanos kTick = 1 << 14;

struct Alarm : TimerNode {
  int fired = 0;
  Alarm() {
    fire = [](TimerNode* node) noexcept { ++static_cast<Alarm*>(node)->fired; };
  }
};

void arm(TimerWheel& wheel, Alarm& alarm, MonotonicNanos when, MonotonicNanos now) {
  alarm.when = when;
  wheel.add(alarm, now);
}

TEST(TimerWheel, FiresNeverEarlyAndAtMostATickLate) {
  TimerWheel wheel;
  Alarm alarm;
  const MonotonicNanos when = 5 * kTick + 7;
  arm(wheel, alarm, when, 0);
  EXPECT_LE(wheel.next_when(), when + kTick);
  EXPECT_GT(wheel.next_when(), 0);
  wheel.expire(when - 1);
  EXPECT_EQ(alarm.fired, 0);
  wheel.expire(when + kTick);
  EXPECT_EQ(alarm.fired, 1);
  EXPECT_EQ(wheel.next_when(), kNever);
}

// Else a sleeper would wake up once more for each of them, only to cascade.
TEST(TimerWheel, OfAFewTimersTheEarliestIsKnownToTheTick) {
  TimerWheel wheel;
  Alarm alarms[3];
  arm(wheel, alarms[0], 300 * kTick, 0);
  arm(wheel, alarms[1], 299 * kTick, 0);
  arm(wheel, alarms[2], 100'000 * kTick, 0);
  EXPECT_EQ(wheel.next_when(), 299 * kTick);
  EXPECT_EQ(wheel.expire(299 * kTick - 1), 0u);
  EXPECT_EQ(wheel.expire(299 * kTick), 1u);
  EXPECT_EQ(wheel.next_when(), 300 * kTick);
  EXPECT_EQ(wheel.expire(300 * kTick), 1u);
  EXPECT_EQ(wheel.next_when(), 100'000 * kTick);
  EXPECT_EQ(wheel.expire(100'000 * kTick), 1u);
  EXPECT_TRUE(wheel.check());
}

TEST(TimerWheel, WhatIsPastFiresAtTheNextLook) {
  TimerWheel wheel;
  Alarm past;
  Alarm negative;
  const MonotonicNanos now = 1'000 * kTick;
  arm(wheel, past, now - 500 * kTick, now);
  arm(wheel, negative, -5, now);
  EXPECT_LE(wheel.next_when(), now);
  EXPECT_EQ(wheel.expire(now), 2u);
}

TEST(TimerWheel, TheFarthestTimerIsKeptAndCanBeTakenOut) {
  TimerWheel wheel;
  Alarm far;
  arm(wheel, far, kNever - 1, 0);
  EXPECT_TRUE(wheel.check());
  EXPECT_EQ(wheel.expire(INT64_C(1) << 61), 0u);
  EXPECT_TRUE(wheel.check());
  EXPECT_TRUE(wheel.remove(far));
  EXPECT_FALSE(wheel.remove(far));
  EXPECT_EQ(wheel.size(), 0u);
}

// The reference is a sorted map; spans are chosen so that every level of the wheel is used and cascades.
TEST(TimerWheel, AgreesWithASortedReferenceOverRandomOperations) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  TimerWheel wheel;
  std::vector<Alarm> alarms(300);
  std::multimap<MonotonicNanos, Alarm*> armed;
  MonotonicNanos now = 0;
  for (int step = 0; step < 30'000; ++step) {
    Alarm& alarm = alarms[random() % alarms.size()];
    const auto at = std::find_if(armed.begin(), armed.end(), [&](const auto& entry) { return entry.second == &alarm; });
    if (at == armed.end()) {
      alarm.fired = 0;
      arm(wheel, alarm, now + static_cast<MonotonicNanos>(random() % (std::uint64_t{1} << (10 + random() % 36))), now);
      armed.emplace(alarm.when, &alarm);
    } else if (random() % 2 == 0) {
      ASSERT_TRUE(wheel.remove(alarm));
      armed.erase(at);
      ASSERT_EQ(alarm.fired, 0);
    }
    const MonotonicNanos first = armed.empty() ? kNever - kTick : armed.begin()->first;
    ASSERT_LE(wheel.next_when(), first + kTick);
    if (random() % 3 == 0) {
      now += static_cast<MonotonicNanos>(random() % (std::uint64_t{1} << (8 + random() % 34)));
      wheel.expire(now);
      while (!armed.empty() && armed.begin()->first + kTick <= now) {
        ASSERT_EQ(armed.begin()->second->fired, 1) << "due " << armed.begin()->first << ", now " << now;
        armed.erase(armed.begin());
      }
      std::erase_if(armed, [&](const auto& entry) {  // within a tick it may have fired already, if it is not early
        if (entry.second->fired == 0) return false;
        EXPECT_LE(entry.first, now);
        return true;
      });
    }
    ASSERT_EQ(wheel.size(), armed.size());
    ASSERT_TRUE(step % 64 != 0 || wheel.check());
  }
}

TEST(TimerWheel, MovesEverythingToAnother) {
  TimerWheel from;
  TimerWheel to;
  std::vector<Alarm> alarms(200);
  MonotonicNanos when = 1;
  for (Alarm& alarm : alarms) arm(from, alarm, when += when / 8 + kTick / 2, 0);
  const MonotonicNanos now = 3 * kTick;
  from.move_all_to(to, now);
  EXPECT_EQ(from.size(), 0u);
  EXPECT_EQ(from.next_when(), kNever);
  EXPECT_EQ(to.size(), alarms.size());
  EXPECT_TRUE(to.check());
  EXPECT_FALSE(from.remove(alarms[7]));
  EXPECT_TRUE(to.remove(alarms[7]));
  to.expire(when + kTick);
  for (const Alarm& alarm : alarms) EXPECT_EQ(alarm.fired, &alarm == &alarms[7] ? 0 : 1);
}

TEST(TimerWheel, ACallbackMayArmItsTimerAnew) {
  struct Ticker : TimerNode {
    TimerWheel* wheel_used = nullptr;
    int fired = 0;
  };
  TimerWheel wheel;
  Ticker ticker;
  ticker.wheel_used = &wheel;
  ticker.fire = [](TimerNode* node) noexcept {
    auto* self = static_cast<Ticker*>(node);
    if (++self->fired == 5) return;
    self->when += 2 * kTick;
    self->wheel_used->add(*self, self->when);
  };
  ticker.when = kTick;
  wheel.add(ticker, 0);
  for (MonotonicNanos now = 0; now < 20 * kTick; now += kTick) wheel.expire(now);
  EXPECT_EQ(ticker.fired, 5);
  EXPECT_EQ(wheel.size(), 0u);
}

// While wheels are emptied into each other and expire on other threads, a cancel is final.
TEST(TimerWheel, ACancelIsFinalWhileTimersMoveAndFire) {
  struct Watched : TimerNode {
    std::atomic<bool> gone{false};
    std::atomic<int> late{0};
  };
  const auto wheels = std::make_unique<TimerWheel[]>(2);
  const auto timers = std::make_unique<Watched[]>(64);
  std::atomic<bool> stop{false};
  std::thread mover([&] {
    for (std::size_t i = 0; !stop; i ^= 1) wheels[i].move_all_to(wheels[i ^ 1], 0);
  });
  std::thread firer([&] {
    for (std::size_t i = 0; !stop; i ^= 1) wheels[i].expire(1'000 * kTick);
  });
  std::mt19937 random(std::random_device{}());
  int late = 0;
  for (std::size_t turn = 0; turn < 30'000; ++turn) {
    Watched& timer = timers[turn % 64];
    timer.fire = [](TimerNode* node) noexcept {
      auto* self = static_cast<Watched*>(node);
      for (int i = 0; i < 20; ++i) self->late += self->gone ? 1 : 0;
    };
    timer.gone = false;
    timer.when = random() % 2 == 0 ? kTick : 1'000'000 * kTick;
    wheels[random() % 2].add(timer, 0);
    detail::timer_cancel(timer);
    timer.gone = true;
    late += timer.late;
  }
  stop = true;
  mover.join();
  firer.join();
  EXPECT_EQ(late, 0);
  EXPECT_EQ(wheels[0].size() + wheels[1].size(), 0u);
}

}  // namespace
}  // namespace weft::sched
