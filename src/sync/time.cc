// Sleeping, and timers that can be stopped while they fire.
//
// A sleep is a park and a timer in the sleeper's frame. A ChanTimer sends from the timer's callback, on the scheduler's
// stack: its channel has room for one value and the send never waits.
//
// INVARIANTS [time.I1] armed_ is read and changed under lock_, by callbacks too; a callback that finds it false does
// nothing
//            [time.I2] disarm() returns when armed_ is false, the node is in no wheel and no callback runs
//            [time.I3] a value is sent under lock_, so what stop() finds after disarm() is all there will be: it drops
//                      it, and no value is received that is older than the stop
//            [time.I4] a FunctionTimerState's armed_ owns one reference; who makes it false has that reference then
// LOCKS      control_ > lock_ > the channel's lock, the wheel's lock
#include "weft/time.h"

#include <mutex>
#include <optional>
#include <string>

#include "weft/detail/wait.h"
#include "weft/error.h"

namespace weft::detail {

namespace {

constexpr MonotonicNanos kRetryNanos = 1'000'000;

struct Sleep : TimerNode {
  Goroutine* sleeper = nullptr;
};

}  // namespace

void sleep_until_nanos(MonotonicNanos when) noexcept {
  if (when <= monotonic_now()) return;
  const Section section;
  Sleep sleep;
  sleep.sleeper = self();
  sleep.when = when;
  sleep.fire = [](TimerNode* node) noexcept { ready(static_cast<Sleep*>(node)->sleeper); };
  const auto commit = [](Goroutine*, void* arg) noexcept {
    auto* timer = static_cast<Sleep*>(arg);
    if (timer->when != kNever) timer_arm(*timer, timer->when);
    return true;
  };
  park(commit, &sleep, WaitReason::kSleep, nullptr);
  timer_cancel(sleep);
}

void sleep_until_nanos(MonotonicNanos when, const Context& ctx, std::error_code& ec) noexcept {
  ec = ctx.error();
  if (ec) return;
  const Section section;
  SpinLock lock;
  WaitList nobody_else;
  Waiter waiter;
  lock.lock();
  const WaitLimits limits{.deadline = when, .done = context_done(ctx)};
  if (wait_in_list(lock, nobody_else, waiter, limits, {WaitReason::kSleep, nullptr}) == WaitEnd::kContext) {
    ec = ctx.error();
  }
}

void sleep_until_nanos(MonotonicNanos when, const Context& ctx) {
  std::error_code ec;
  sleep_until_nanos(when, ctx, ec);
  if (ec) throw std::system_error(ec, "weft::sleep");
}

void throw_bad_period(const char* where, MonotonicNanos period) {
  throw usage_error(std::string(where) + ": period " + std::to_string(period) + " ns: allowed is above 0");
}

void RearmingTimer::arm(MonotonicNanos when) noexcept {
  const Section section;
  const SpinGuard guard(lock_);
  armed_ = true;
  if (when != kNever) timer_arm(node_, when);
}

int RearmingTimer::disarm() noexcept {
  int found = 0;
  do {
    const Section section;
    const SpinGuard guard(lock_);
    found += armed_ ? 1 : 0;
    armed_ = false;
  } while (timer_cancel(node_));  // once more after a success: a callback may be under way nevertheless
  return found;
}

ChanTimer::ChanTimer() noexcept
    : ChanCore(
          kElementOps<time_point>, 1, slot_,
          [](ChanCore* core) noexcept {
            auto* timer = static_cast<ChanTimer*>(core);
            timer->disarm();
            delete timer;
          },
          true) {}

ChanTimer* ChanTimer::make(MonotonicNanos when, MonotonicNanos period) {
  auto* timer = new ChanTimer();
  timer->period_ = period;
  timer->arm(when);
  return timer;
}

void ChanTimer::on_fire() noexcept {
  Goroutine* wake = nullptr;
  {
    const SpinGuard guard(lock_);
    if (!armed_) return;
    const MonotonicNanos now = monotonic_now();
    if (period_ > 0) {
      const MonotonicNanos missed = now > node_.when ? (now - node_.when) / period_ : 0;
      timer_arm(node_, saturated_sum(node_.when, (missed + 1) * period_));
    } else {
      armed_ = false;
    }
    const SpinGuard chan_guard(ChanCore::lock);
    time_point value = to_time_point(now);
    try_send_locked(&value, &wake);
  }
  if (wake != nullptr) ready(wake);
}

bool ChanTimer::drop_value() noexcept {
  const Section section;
  const SpinGuard guard(ChanCore::lock);
  if (count.load(std::memory_order_relaxed) == 0) return false;
  std::optional<time_point> dropped;
  Goroutine* wake = nullptr;  // nobody sends but the callback
  try_recv_locked(&dropped, &wake);
  return true;
}

bool ChanTimer::stop_controlled() noexcept {
  const bool was_armed = disarm() != 0;
  return drop_value() || was_armed;
}

bool ChanTimer::stop() noexcept {
  const std::lock_guard guard(control_);
  return stop_controlled();
}

bool ChanTimer::reset(MonotonicNanos when, MonotonicNanos period) noexcept {
  const std::lock_guard guard(control_);
  const bool prevented = stop_controlled();
  period_ = period;  // nobody else looks: not armed, and control_ is ours
  arm(when);
  return prevented;
}

void FunctionTimerState::release() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  disarm();  // [time.I2]: the callback that started the goroutine that calls this may not have returned yet
  delete this;
}

void FunctionTimerState::start(MonotonicNanos when) noexcept {
  retain();  // [time.I4]
  {
    const Section section;
    const SpinGuard guard(lock_);
    of_thread_ = !on_goroutine();
  }
  arm(when);
}

void FunctionTimerState::on_fire() noexcept {
  bool of_thread = false;
  {
    const SpinGuard guard(lock_);
    if (!armed_) return;
    armed_ = false;
    of_thread = of_thread_;
  }
  if (of_thread) resume();
  try {
    spawn_goroutine({}, [this] {
      run();
      release();
    });
  } catch (...) {  // no stack for a goroutine: a little later, unless somebody has armed it anew
    const SpinGuard guard(lock_);
    if (armed_) {
      references_.fetch_sub(1, std::memory_order_relaxed);  // not the last one: armed_ has another
    } else {
      armed_ = true;
      timer_arm(node_, monotonic_now() + kRetryNanos);
    }
  }
}

bool FunctionTimerState::stop_controlled() noexcept {
  const int found = disarm();
  for (int i = 0; i < found; ++i) release();  // the caller has a reference of its own
  return found != 0;
}

bool FunctionTimerState::stop() noexcept {
  const std::lock_guard guard(control_);
  return stop_controlled();
}

bool FunctionTimerState::reset(MonotonicNanos when) noexcept {
  const std::lock_guard guard(control_);
  const bool prevented = stop_controlled();
  start(when);
  return prevented;
}

}  // namespace weft::detail
