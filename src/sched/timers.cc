// Timers as the rest of the runtime sees them: arm on this processor's wheel, cancel wherever it is, look at all
// wheels.
#include <algorithm>

#include "base/backoff.h"
#include "os/clock.h"
#include "sched/scheduler.h"

namespace weft::sched {

using detail::MonotonicNanos;

MonotonicNanos next_timer() noexcept {
  Scheduler& s = scheduler();
  MonotonicNanos next = s.shared_wheel.next_when();
  const std::uint32_t count = s.max_procs.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) next = std::min(next, s.processors[i]->wheel.next_when());
  return next;
}

std::size_t run_due_timers(MonotonicNanos now) noexcept {
  Scheduler& s = scheduler();
  std::size_t ran = s.shared_wheel.next_when() <= now ? s.shared_wheel.expire(now) : 0;
  const std::uint32_t count = s.max_procs.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) {
    TimerWheel& wheel = s.processors[i]->wheel;
    if (wheel.next_when() <= now) ran += wheel.expire(now);
  }
  return ran;
}

}  // namespace weft::sched

namespace weft::detail {

MonotonicNanos monotonic_now() noexcept { return os::monotonic_nanos(); }

void timer_arm(TimerNode& timer, MonotonicNanos when) noexcept {
  sched::Scheduler& s = sched::scheduler();
  const Section section;
  timer.when = when;
  Processor* p = current_machine() == nullptr ? nullptr : current_machine()->p.load(std::memory_order_relaxed);
  if (p != nullptr) {
    // This processor looks at its wheel before it goes idle, and the monitor while it runs user code.
    if (p->wheel.add(timer, sched::coarse_now())) sched::notice_work();
  } else if (s.shared_wheel.add(timer, sched::coarse_now())) {
    sched::notice_timer(timer.when);
  }
}

bool timer_cancel(TimerNode& timer) noexcept {
  Backoff backoff;
  bool disarmed = false;
  while (true) {
    void* wheel = timer.wheel.load(std::memory_order_acquire);
    if (wheel == &timer) {
      backoff.wait();
    } else if (wheel != nullptr) {
      const Section section;
      if (static_cast<sched::TimerWheel*>(wheel)->remove(timer)) disarmed = true;
    } else if (timer.firing.load(std::memory_order_acquire) != 0) {
      backoff.wait();  // who fires may not be on a core. Also after a removal: its callback may have armed it anew
    } else if (timer.wheel.load(std::memory_order_acquire) == nullptr &&
               timer.firing.load(std::memory_order_acquire) == 0) {
      return disarmed;  // both again: its callback may just have armed it anew
    }
  }
}

}  // namespace weft::detail
