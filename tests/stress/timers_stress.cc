// Timers armed and cancelled from everywhere while processors come and go: each fires once or is cancelled, never
// early, and nothing of a callback runs once its cancel has returned.
#include <array>
#include <vector>

#include "stress/stress.h"
#include "weft/detail/timer_node.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

using detail::MonotonicNanos;
using detail::TimerNode;
using std::chrono::microseconds;

struct Alarm : TimerNode {
  enum Phase { kIdle, kRinging, kRang };
  std::atomic<Phase> phase{kIdle};
  std::atomic<int> early{0};

  static void ring(TimerNode* node) noexcept {
    auto* alarm = static_cast<Alarm*>(node);
    if (detail::monotonic_now() < alarm->when) ++alarm->early;
    alarm->phase = kRinging;
    burn(50);
    alarm->phase = kRang;
  }
  Alarm() { fire = &ring; }
};

MonotonicNanos pick_span(Random& random) {
  switch (pick(random, 0, 9)) {
    case 0:
      return -1'000'000;
    case 1:
      return 3'600'000'000'000;  // an hour: only a cancel ends it
    case 2:
      return pick(random, 0, 5'000'000);
    default:
      return pick(random, 0, 200'000);
  }
}

void arm_and_cancel(Random random, int turns) {
  Alarm alarm;
  for (int i = 0; i < turns; ++i) {
    alarm.phase = Alarm::kIdle;
    detail::timer_arm(alarm, detail::monotonic_now() + pick_span(random));
    switch (pick(random, 0, 3)) {
      case 0:
        burn(pick(random, 0, 20'000));
        break;
      case 1:
        yield();
        break;
      case 2:
        sleep_for(microseconds(pick(random, 0, 150)));
        break;
      default:
        break;
    }
    const bool cancelled = detail::timer_cancel(alarm);
    EXPECT_EQ(alarm.phase, cancelled ? Alarm::kIdle : Alarm::kRang);
    EXPECT_FALSE(detail::timer_cancel(alarm));
    EXPECT_EQ(alarm.early, 0);
  }
}

TEST(TimersStress, ACancelledTimerDoesNotFireAndAFiredOneIsDone) {
  watched_rounds([](Random& random) {
    const int processors = max_procs();
    std::vector<Task<void>> tasks;
    std::vector<std::thread> threads;
    const int turns = pick(random, 1, 60);
    for (int i = pick(random, 1, 12); i > 0; --i)
      tasks.push_back(spawn([seed = Random(random()), turns] { arm_and_cancel(seed, turns); }));
    for (int i = pick(random, 0, 2); i > 0; --i)
      threads.emplace_back([seed = Random(random()), turns] { arm_and_cancel(seed, turns); });
    for (int i = pick(random, 0, 10); i > 0; --i) {
      set_max_procs(pick(random, 1, processors));  // timers move between wheels
      sleep_for(microseconds(30));
    }
    for (Task<void>& task : tasks) task.join();
    blocking([&] {
      for (std::thread& thread : threads) thread.join();
    });
    set_max_procs(processors);
  });
}

TEST(TimersStress, TimersAreCancelledByOthersThanTheirOwner) {
  watched_rounds([](Random& random) {
    constexpr int kAlarms = 64;
    std::array<Alarm, kAlarms> alarms;
    for (Alarm& alarm : alarms) detail::timer_arm(alarm, detail::monotonic_now() + pick_span(random));
    std::atomic<int> cancelled{0};
    std::vector<Task<void>> tasks;
    for (int t = 0; t < 4; ++t) {
      tasks.push_back(spawn([&, mine = Random(random())]() mutable {
        for (int i = 0; i < kAlarms; ++i) {
          if (detail::timer_cancel(alarms[static_cast<std::size_t>(pick(mine, 0, kAlarms - 1))])) ++cancelled;
          if (pick(mine, 0, 7) == 0) yield();
        }
      }));
    }
    for (Task<void>& task : tasks) task.join();
    int rang = 0;
    for (Alarm& alarm : alarms) {
      if (detail::timer_cancel(alarm)) ++cancelled;
      if (alarm.phase == Alarm::kRang) ++rang;
      EXPECT_NE(alarm.phase, Alarm::kRinging);
    }
    EXPECT_EQ(cancelled + rang, kAlarms);
  });
}

// Sleepers on goroutines and plain threads, while every processor is kept busy and their number changes: all wake up.
TEST(TimersStress, EverySleeperWakesUp) {
  watched_rounds([](Random& random) {
    const int processors = max_procs();
    std::atomic<bool> stop{false};
    std::atomic<int> awake{0};
    std::vector<Task<void>> busy;
    for (int i = pick(random, 0, 3); i > 0; --i) {
      busy.push_back(spawn([&stop, how = pick(random, 0, 1)] {
        while (!stop) {
          if (how == 0) yield();
          if (how == 1) burn(10'000);
        }
      }));
    }
    const int sleepers = pick(random, 1, 20);
    std::vector<std::thread> threads;
    for (int i = 0; i < sleepers; ++i) {
      const auto span = microseconds(pick(random, 0, 2'000));
      const auto sleeper = [&awake, span] {
        const auto until = std::chrono::steady_clock::now() + span;
        sleep_for(span);
        EXPECT_GE(std::chrono::steady_clock::now(), until);
        ++awake;
      };
      if (pick(random, 0, 3) == 0) {
        threads.emplace_back(sleeper);
      } else {
        go(sleeper);
      }
      if (pick(random, 0, 7) == 0) set_max_procs(pick(random, 1, processors));
    }
    while (awake < sleepers) yield();
    stop = true;
    for (Task<void>& task : busy) task.join();
    blocking([&] {
      for (std::thread& thread : threads) thread.join();
    });
    set_max_procs(processors);
  });
}

}  // namespace
}  // namespace weft::stress
