// Who sees to the timers when the keeper gets other work. Lost wake-ups in general: tests/model/wake_model.cc.
#include <gtest/gtest.h>

#include <sched.h>
#include <atomic>
#include <new>

#include "sched/monitor.h"
#include "sched/scheduler.h"
#include "weft/detail/spawn.h"
#include "weft/detail/timer_node.h"
#include "weft/runtime.h"

namespace weft::sched {
namespace {

std::atomic<bool> fired{false};
std::atomic<bool> ended{false};

void compute_until_it_fires(void*) {
  while (!fired) {
  }
  ended = true;
}

/// Until nothing is left to do and the monitor sleeps for as long as that is so.
void wait_for_rest() {
  while (num_goroutines() != 0) ::sched_yield();
  const std::uint64_t before = monitor_counters().wakeups;
  while (monitor_counters().wakeups < before + 20) wake_monitor();
  while (scheduler().monitor_sleeps.load() == 0) ::sched_yield();
}

// A plain thread arms a timer between the moment at which another takes an idle processor, no timer being armed yet,
// and that at which the keeper gets it: to compute with, until the timer has fired.
TEST(Idle, ATimerIsSeenToThoughTheKeeperComputes) {
  set_max_procs(2);
  spawn([] {}).join();
  wait_for_rest();
  ASSERT_NE(scheduler().timer_keeper, nullptr);
  const detail::FreshGoroutine computes = detail::new_goroutine({}, &compute_until_it_fires, 1, 1);
  Processor* p = nullptr;
  {
    const detail::SpinGuard guard(scheduler().lock);
    p = take_idle_processor_locked();
  }
  ASSERT_NE(p, nullptr);

  detail::TimerNode timer;
  timer.fire = [](detail::TimerNode*) noexcept { fired = true; };
  detail::timer_arm(timer, detail::monotonic_now() + 20'000'000);

  computes.goroutine->status.store(detail::Status::kRunnable);
  push_ring_quietly(*p, computes.goroutine);
  start_machine_with(*p, false);
  while (!ended) ::sched_yield();
  detail::timer_cancel(timer);
}

/// How many times of a hundred `act` leaves it asleep, where it seems to wake up by itself in half of kMonitorDelay. It
/// may be up: it has rounds of its own.
template <class Act>
int times_left_asleep(Act&& act) {
  int times = 0;
  for (int i = 0; i < 100; ++i) {
    wait_for_rest();
    const std::uint64_t before = monitor_counters().wakeups;
    scheduler().monitor_wakes_at = detail::monotonic_now() + kMonitorDelay / 2;
    act();
    if (scheduler().monitor_sleeps.load() != 0 && monitor_counters().wakeups == before) ++times;
  }
  return times;
}

TEST(Idle, AMonitorThatIsAboutToWakeUpIsLeftAsleep) {
  spawn([] {}).join();
  EXPECT_GT(times_left_asleep([] { wake_monitor_soon(); }), 0);
  EXPECT_GT(times_left_asleep([] { wake_monitor_by(detail::monotonic_now() + kMonitorDelay); }), 0);
  EXPECT_EQ(times_left_asleep([] { wake_monitor_by(0); }), 0);
}

/// The keeper goes, and is back.
void call_keeper_away() {
  Scheduler& s = scheduler();
  const detail::SpinGuard guard(s.lock);
  Machine* keeper = s.timer_keeper;
  if (keeper == nullptr) return;
  remove_idle_machine_locked(*keeper);
  add_idle_machine_locked(*keeper);
  s.timer_keeper = keeper;
}

// Each request to a server calls it away, where idle connections have their time.
TEST(Idle, AMonitorThatWakesUpBeforeTheTimerIsLeftAsleepByTheKeeper) {
  spawn([] {}).join();
  detail::TimerNode timer;
  timer.fire = [](detail::TimerNode*) noexcept {};
  detail::timer_arm(timer, detail::monotonic_now() + 3'600'000'000'000);
  EXPECT_GT(times_left_asleep(call_keeper_away), 50);
  EXPECT_LT(times_left_asleep([] {
              scheduler().monitor_wakes_at = detail::kNever;
              call_keeper_away();
            }),
            50);
  detail::timer_cancel(timer);
}

TEST(Idle, AMonitorThatSleepsForLongIsWoken) {
  spawn([] {}).join();
  wait_for_rest();
  scheduler().monitor_wakes_at = detail::kNever;
  const std::uint64_t before = monitor_counters().wakeups;
  while (monitor_counters().wakeups == before) wake_monitor_soon();
}

}  // namespace
}  // namespace weft::sched
