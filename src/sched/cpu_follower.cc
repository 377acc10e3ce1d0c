#include "sched/cpu_follower.h"

#include <algorithm>

#include "sched/preempt.h"
#include "sched/scheduler.h"

namespace weft::sched {
namespace {

constexpr detail::MonotonicNanos kLookPeriod = 1'000'000'000;

detail::Atomic<bool> following{false};  // written under start's lock
detail::MonotonicNanos next_look = 0;   // the monitor's
int seen = 0;                           // the monitor's: what it found last

}  // namespace

const os::CpuLimits& cpu_limits() {
  static const os::CpuLimits& limits = *new os::CpuLimits();  // the monitor outlives all destructors
  return limits;
}

int allowed_processors() noexcept { return std::min<int>(cpu_limits().read().processors, detail::kMaxProcessors); }

void begin_to_follow() noexcept { following.store(true, std::memory_order_relaxed); }
void end_following() noexcept { following.store(false, std::memory_order_relaxed); }
bool follows_cpu_limit() noexcept { return following.load(std::memory_order_relaxed); }

detail::MonotonicNanos next_look_at_limit() noexcept { return follows_cpu_limit() ? next_look : detail::kNever; }

void follow_cpu_limit(detail::MonotonicNanos now) noexcept {
  if (now < next_look_at_limit()) return;
  next_look = now + kLookPeriod;
  const int allowed = allowed_processors();
  if (allowed == seen) return;
  release_all_held();  // [preempt.I3]: more processors are made
  // A number that it could not be changed to (no memory, a start or a fork under way) is tried again.
  if (try_follow_to(static_cast<std::uint32_t>(allowed))) seen = allowed;
}

}  // namespace weft::sched
