// When nothing is a deadlock. The reports themselves: tests/crash/, tests/conformance/deadlock_conformance_test.cc.
#include "sched/deadlock.h"

#include <gtest/gtest.h>

#include "sched/monitor.h"
#include "sched/scheduler.h"
#include "weft/detail/park.h"
#include "weft/runtime.h"

namespace weft::sched {
namespace {

// A thread between the decision to park and the park itself, for as long as the monitor needs to look at it often.
bool does_not_park_after_all(detail::Goroutine*, void*) noexcept {
  constexpr int kRounds = 50;
  const std::uint64_t before = monitor_counters().wakeups;
  while (monitor_counters().wakeups < before + kRounds) wake_monitor();
  return false;
}

// Everything else sleeps: were the thread counted as asleep already, the monitor would end the process.
TEST(Deadlock, AThreadThatIsAboutToParkMayGoOnByItself) {
  spawn([] {}).join();
  detail::park(&does_not_park_after_all, nullptr, detail::WaitReason::kNone, nullptr);
}

}  // namespace
}  // namespace weft::sched
