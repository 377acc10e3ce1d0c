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

// It wakes up by itself within kMonitorDelay. One try of some is enough: it has rounds of its own, and may be up.
TEST(Idle, AMonitorThatIsAboutToWakeUpIsLeftAsleep) {
  spawn([] {}).join();
  bool left_asleep = false;
  for (int i = 0; i < 100 && !left_asleep; ++i) {
    wait_for_rest();
    const std::uint64_t before = monitor_counters().wakeups;
    scheduler().monitor_wakes_at = detail::monotonic_now() + kMonitorDelay / 2;
    wake_monitor_soon();
    left_asleep = scheduler().monitor_sleeps.load() != 0 && monitor_counters().wakeups == before;
  }
  EXPECT_TRUE(left_asleep);
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
