#include "sched/monitor.h"

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/fatal.h"
#include "os/clock.h"
#include "os/futex.h"
#include "os/membarrier.h"
#include "os/thread.h"
#include "sched/cpu_follower.h"
#include "sched/deadlock.h"
#include "sched/fork.h"
#include "sched/long_runner.h"
#include "sched/poller.h"
#include "sched/preempt.h"
#include "sched/scheduler.h"
#include "sched/stack_pool.h"
#include "sched/steal_request.h"
#include "sched/trace_line.h"
#include "weft/detail/deadline.h"
#include "weft/runtime.h"

namespace weft::sched {

using detail::kNever;
using detail::MonotonicNanos;
using detail::SpinGuard;

namespace {

constexpr MonotonicNanos kMicrosecond = 1'000;
constexpr MonotonicNanos kMillisecond = 1'000'000;
constexpr MonotonicNanos kCalmPeriod = 1 * kMillisecond;
constexpr MonotonicNanos kAlertPeriod = 100 * kMicrosecond;  // while work has waited for less than kAlertSpan
constexpr MonotonicNanos kAlertSpan = 5 * kMillisecond;      // since it began to wait, or since a processor was taken
constexpr MonotonicNanos kBehindKeeper = 1'500 * kMicrosecond;  // how long after the keeper it looks: between two ticks
constexpr MonotonicNanos kSpinSlice = 1 * kMillisecond;         // how long user code may keep what others wait for
constexpr MonotonicNanos kTrimPeriod = 1'000 * kMillisecond;
constexpr MonotonicNanos kFirstDeadlockLook = 5 * kMillisecond;  // then 20, 80, 320
constexpr std::uint32_t kDeadlockLooks = 4;
constexpr std::uint32_t kQuietRoundsToRest = 10;

struct Monitor {
  detail::SpinLock thief_lock;  // [steal.I2]
  detail::Atomic<std::int32_t> thread_id{0};
  detail::Atomic<bool> quit_requested{false};
  detail::Atomic<void (*)(void*) noexcept> work{nullptr};
  detail::Atomic<void*> work_argument{nullptr};
  detail::Atomic<std::uint32_t> work_done{0};
  detail::Atomic<std::uint64_t> handoffs_blocked{0}, handoffs_spinning{0}, wakeups{0};

  // the monitor's thread only
  MonotonicNanos alert_until = 0;
  MonotonicNanos next_trim = 0;
  MonotonicNanos next_trace = 0;
  std::uint32_t deadlock_looks = 0;  // since something last ran
  std::uint32_t quiet_rounds = 0;    // looks in a row at which nothing waited
};

constinit Monitor the_monitor;

// Somebody waits for the network, and no machine sleeps in the poller to hear of it.
bool nobody_polls() noexcept { return poll_waiters() != 0 && poll_seat_is_free(scheduler()); }

bool work_waits_for(const Processor& p, MonotonicNanos now) noexcept {
  Scheduler& s = scheduler();
  if (p.has_queued() || p.wheel.next_when() <= now) return true;
  if (s.idle_processor_count.load(std::memory_order_relaxed) != 0) return false;  // an idle one sees to the rest
  return s.global_count.load(std::memory_order_relaxed) != 0 || s.shared_wheel.next_when() <= now ||
         (s.attention.load(std::memory_order_relaxed) & Scheduler::kPinnedWaiting) != 0;
}

// Its own queue is that of pinned goroutines; whoever runs on the thread keeps them waiting, however many are idle.
bool pinned_work_waits_for(const Machine& m) noexcept { return m.pinned_ready.load(std::memory_order_relaxed) != 0; }

Processor* take_from(Machine& m) noexcept {
  const SpinGuard guard(the_monitor.thief_lock);
  return try_take_processor(m, os::membarrier);
}

// The same goroutine has run since the last look while work waits: is it time? It must have used its slice of CPU, not
// of time: a thread that the kernel has not put on a core for a while stands still too, and taking its processor would
// help nobody.
bool slice_is_used(Machine& m) noexcept {
  if (scheduler().config.preempt == Preempt::kOff) return false;
  const std::int64_t used = os::thread_cpu_nanos(m.thread_id);
  if (m.seen_cpu_nanos < 0) m.seen_cpu_nanos = used;
  return used - m.seen_cpu_nanos >= kSpinSlice;
}

// Takes the processor of a machine that is to give it up. One that is inside the runtime sees the request when it next
// enters, even if this comes too late to take anything; see enter_slow().
void demand(Machine& m) noexcept {
  Processor* taken = take_from(m);
  if (taken == nullptr) return;
  {
    const SpinGuard guard(scheduler().lock);
    put_processor_locked(*taken);
  }
  notice_timer(taken->wheel.next_when());
  wake_searcher();
}

// True when the processor was taken and passed on.
bool watch(Processor& p, MonotonicNanos now) noexcept {
  Machine* m = p.machine.load(std::memory_order_acquire);
  if (m == nullptr) return false;
  if (must_give_up(scheduler(), p)) {
    demand(*m);
    return false;
  }
  const std::int64_t switches = p.switches.read();
  if (switches != m->seen_switches) {
    m->seen_switches = switches;
    m->seen_cpu_nanos = -1;
    m->asked_to_yield.store(false, std::memory_order_relaxed);
    return false;
  }
  if (!work_waits_for(p, now) && !pinned_work_waits_for(*m)) return false;
  const bool blocked =
      !m->inside.load(std::memory_order_acquire) && os::thread_state(m->thread_id) == os::ThreadState::kSleeping;
  if (!blocked && !slice_is_used(*m)) return false;
  if (!blocked) m->asked_to_yield.store(true, std::memory_order_relaxed);  // if it enters meanwhile; see enter_slow()
  Goroutine* g = m->g.load(std::memory_order_relaxed);
  Processor* taken = take_from(*m);
  if (taken == nullptr) return false;
  if (!blocked && g != nullptr) {
    g->long_runner.store(true, std::memory_order_relaxed);
    g->good_turns.store(0, std::memory_order_relaxed);
    ask_long_runner(*m, *g, now);
  }
  (blocked ? the_monitor.handoffs_blocked : the_monitor.handoffs_spinning).fetch_add(1, std::memory_order_relaxed);
  if (!blocked) taken->run_length.was_long();
  taken->timer_due.store(true, std::memory_order_relaxed);
  start_machine_with(*taken, false);
  blocked ? note_blocked(*m) : hold_if_too_many(*m);
  return true;
}

// What waits in a ring while a processor is idle, and its adder woke nobody for [sched.I3].
bool wakes_for(Processor& p) noexcept {
  const std::int64_t switches = p.switches.read();
  p.stands_still.store(std::exchange(p.watched_switches, switches) == switches, std::memory_order_relaxed);
  return scheduler().idle_processor_count.load(std::memory_order_relaxed) != 0 && p.wants_help();
}

// Those beyond max_procs too: one of them may still be held.
void watch_all(MonotonicNanos now) noexcept {
  Scheduler& s = scheduler();
  const std::uint32_t count = s.processors_made.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (watch(*s.processors[i], now)) the_monitor.alert_until = now + kAlertSpan;
    if (wakes_for(*s.processors[i])) wake_searcher();
  }
}

// Timers whose processor is busy, and timers that come due while a processor is idle and no machine keeps watch.
void see_to_timers(MonotonicNanos now) noexcept {
  Scheduler& s = scheduler();
  if (next_timer() > now) return;
  if ((s.attention.load(std::memory_order_relaxed) & Scheduler::kPaused) != 0) {
    run_due_timers(now);  // no processor may; plain threads wait for timers all the same
    return;
  }
  const bool shared_due = s.shared_wheel.next_when() <= now;
  const std::uint32_t count = s.max_procs.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) {
    Processor& p = *s.processors[i];
    if (shared_due || p.wheel.next_when() <= now) p.timer_due.store(true, std::memory_order_relaxed);
  }
  wake_searcher();
}

// All who could look at the poller have been busy with something else for a while.
void see_to_poller(MonotonicNanos now) noexcept {
  if (nobody_polls() && now - last_poll() >= kCalmPeriod / 2 && poller_in_use()) poll_now();
}

void see_to_requests() noexcept {
  if (the_monitor.quit_requested.load(std::memory_order_acquire)) {
    release_all_held();
    base::write_all(STDERR_FILENO, "SIGQUIT: quit\n\n");
    weft::dump_goroutines(STDERR_FILENO);
    ::_exit(2);
  }
  if (auto work = the_monitor.work.exchange(nullptr, std::memory_order_acq_rel)) {
    release_all_held();
    work(the_monitor.work_argument.load(std::memory_order_relaxed));
    the_monitor.work_done.store(1, std::memory_order_release);
    os::futex_wake(the_monitor.work_done);
  }
}

bool all_idle() noexcept {
  Scheduler& s = scheduler();
  if ((s.attention.load(std::memory_order_seq_cst) & Scheduler::kResized) != 0) return false;  // a surplus one is held
  return s.idle_processor_count.load(std::memory_order_seq_cst) == s.max_procs.load(std::memory_order_seq_cst);
}

void see_to_housekeeping(MonotonicNanos now) noexcept {
  Monitor& monitor = the_monitor;
  if (now >= monitor.next_trim) {
    monitor.next_trim = now + kTrimPeriod;
    stack_pool().trim(all_idle() ? StackPool::Trim::kAll : StackPool::Trim::kHalf);
  }
  const MonotonicNanos trace_period = scheduler().config.schedtrace_nanos;
  if (trace_period > 0 && now >= monitor.next_trace) {
    monitor.next_trace = now + trace_period;
    write_trace_line(STDERR_FILENO, now);
  }
}

// Whether a machine sees to the timers.
bool timers_are_seen_to() noexcept {
  Scheduler& s = scheduler();
  const SpinGuard guard(s.lock);
  return s.timer_keeper != nullptr;
}

MonotonicNanos housekeeping_deadline() noexcept {
  MonotonicNanos deadline = kNever;
  if (stack_pool().has_free()) deadline = std::min(deadline, the_monitor.next_trim);
  if (scheduler().config.schedtrace_nanos > 0) deadline = std::min(deadline, the_monitor.next_trace);
  return deadline;
}

bool asked_for() noexcept {
  return the_monitor.quit_requested.load(std::memory_order_seq_cst) ||
         the_monitor.work.load(std::memory_order_seq_cst) != nullptr;
}

// Announces the sleep, looks once more whether it may be, sleeps until woken or `deadline`.
template <class Deadline>
void sleep_unless_needed(Deadline&& deadline_or_zero) noexcept {
  Scheduler& s = scheduler();
  s.monitor_wakes_at.store(kNever, std::memory_order_relaxed);  // until the last look: whoever comes now wakes it
  s.monitor_sleeps.store(1, std::memory_order_seq_cst);
  os::membarrier();  // partner: notice_work()
  const MonotonicNanos deadline = asked_for() ? 0 : deadline_or_zero();
  s.monitor_wakes_at.store(deadline, std::memory_order_relaxed);
  if (deadline == kNever) {
    os::futex_wait(s.monitor_sleeps, 1);
  } else if (deadline > 0) {
    os::futex_wait_until(s.monitor_sleeps, 1, deadline);
  }
  // Woken: something has begun to wait, or to run.
  if (s.monitor_sleeps.exchange(0, std::memory_order_seq_cst) == 0) the_monitor.quiet_rounds = 1;
}

// Its own processor comes first, or the keeper, behind which the monitor looks whether it has gone on to run user code.
MonotonicNanos next_timer_for_monitor() noexcept {
  const MonotonicNanos timer = next_timer();
  if (timer == kNever) return kNever;
  return detail::saturated_sum(timer, timers_are_seen_to() ? kBehindKeeper : kAlertPeriod / 2);
}

// While the network is busy it wakes by itself often enough that nobody has to wake it: each request would, else.
MonotonicNanos poll_deadline() noexcept {
  constexpr MonotonicNanos kRecent = 10 * kMillisecond;
  const MonotonicNanos now = detail::monotonic_now();
  return poll_waiters() != 0 && now - last_poll() < kRecent ? now + kMonitorDelay : kNever;
}

// When every processor is idle.
MonotonicNanos idle_deadline() noexcept {
  if (!all_idle()) return 0;
  MonotonicNanos deadline =
      std::min({housekeeping_deadline(), next_timer_for_monitor(), poll_deadline(), next_look_at_blocked()});
  if (report_if_deadlocked() && the_monitor.deadlock_looks < kDeadlockLooks) {
    // A thread that has just ended stands in /proc for a moment longer, and nobody would wake the monitor when it is
    // gone.
    deadline = std::min(deadline, detail::monotonic_now() + (kFirstDeadlockLook << 2 * the_monitor.deadlock_looks++));
  }
  return deadline;
}

bool something_waits(MonotonicNanos now) noexcept {
  Scheduler& s = scheduler();
  if (next_timer() <= now || nobody_polls()) return true;
  if (s.global_count.load(std::memory_order_relaxed) != 0 || s.attention.load(std::memory_order_relaxed) != 0)
    return true;
  const std::uint32_t count = s.max_procs.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Processor& p = *s.processors[i];
    const Machine* m = p.machine.load(std::memory_order_acquire);
    if (p.has_queued() || (m != nullptr && pinned_work_waits_for(*m))) return true;
  }
  return false;
}

// User code runs and nothing waits behind it: there is nothing to see to until a timer is due or notice_work() says so.
MonotonicNanos rest_deadline() noexcept {
  if (something_waits(detail::monotonic_now()) || all_idle()) return 0;
  return std::min({housekeeping_deadline(), next_timer_for_monitor(), next_look_at_limit(), next_look_at_blocked()});
}

void sleep_while_busy(MonotonicNanos now) noexcept {
  Monitor& monitor = the_monitor;
  const MonotonicNanos period = now < monitor.alert_until ? kAlertPeriod : kCalmPeriod;
  MonotonicNanos deadline = now + period;
  const MonotonicNanos timer = next_timer_for_monitor();
  if (timer > now) deadline = std::min(deadline, timer);
  os::futex_wait_until(scheduler().monitor_sleeps, 0, deadline);
}

void sleep_between_rounds(MonotonicNanos now, bool too_many_spinners) noexcept {
  Monitor& monitor = the_monitor;
  if (too_many_spinners) {
    sleep_while_busy(now);
  } else if (all_idle()) {
    sleep_unless_needed(idle_deadline);
  } else {
    monitor.deadlock_looks = 0;
    if (!something_waits(now)) {
      ++monitor.quiet_rounds;
    } else if (std::exchange(monitor.quiet_rounds, 0) != 0) {
      monitor.alert_until = now + kAlertSpan;
    }
    if (monitor.quiet_rounds < kQuietRoundsToRest) {
      sleep_while_busy(now);
    } else {
      sleep_unless_needed(rest_deadline);
    }
  }
}

void* monitor_thread(void*) {
  os::name_current_thread("weft-monitor");
  the_monitor.thread_id.store(os::current_thread_id(), std::memory_order_relaxed);
  os::set_precise_sleep();
  os::install_signal_stack();
  while (true) {
    const MonotonicNanos now = detail::monotonic_now();
    scheduler().coarse_now.store(now, std::memory_order_relaxed);
    the_monitor.wakeups.fetch_add(1, std::memory_order_relaxed);
    see_to_requests();
    watch_all(now);
    see_to_timers(now);
    see_to_poller(now);
    see_to_long_runner();
    follow_cpu_limit(now);
    see_to_housekeeping(now);
    sleep_between_rounds(now, rotate_held(now));
  }
}

}  // namespace

namespace {

// Async-signal-safe. One that is gone goes on sleeping, so that wake_monitor() starts it.
void wake_sleeping_monitor() noexcept {
  Scheduler& s = scheduler();
  std::uint32_t asleep = 1;
  if (s.monitor_sleeps.load(std::memory_order_seq_cst) == 0 || monitor_is_gone()) return;
  s.coarse_now.store(detail::monotonic_now(), std::memory_order_relaxed);  // stale since it went to sleep
  if (s.monitor_sleeps.compare_exchange_strong(asleep, 0, std::memory_order_seq_cst)) os::futex_wake(s.monitor_sleeps);
}

}  // namespace

void wake_monitor() noexcept {
  if (scheduler().monitor_sleeps.load(std::memory_order_seq_cst) == 0) return;
  restart_monitor_after_fork();
  wake_sleeping_monitor();
}

void wake_monitor_soon() noexcept {
  if (scheduler().monitor_sleeps.load(std::memory_order_seq_cst) != 0)
    wake_monitor_by(detail::monotonic_now() + kMonitorDelay);
}

void wake_monitor_by(MonotonicNanos when) noexcept {
  const Scheduler& s = scheduler();
  if (s.monitor_sleeps.load(std::memory_order_seq_cst) == 0) return;
  if (s.monitor_wakes_at.load(std::memory_order_relaxed) > when) wake_monitor();
}

void start_monitor() {
  constexpr std::size_t kStackBytes = 1 << 20;  // it symbolizes dumps
  scheduler().coarse_now.store(detail::monotonic_now(), std::memory_order_relaxed);
  scheduler().monitor_sleeps.store(0, std::memory_order_seq_cst);
  the_monitor.next_trim = detail::monotonic_now() + kTrimPeriod;
  const int error = os::start_thread(&monitor_thread, nullptr, kStackBytes);
  if (error != 0) {
    throw std::system_error(error, std::generic_category(),
                            "weft: the monitor's thread cannot be made (ulimit -u, a pids cgroup, or memory)");
  }
}

bool on_monitor() noexcept { return os::current_thread_id() == the_monitor.thread_id.load(std::memory_order_relaxed); }

void take_all_processors() noexcept {
  Scheduler& s = scheduler();
  const std::uint32_t count = s.processors_made.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) {
    Machine* m = s.processors[i]->machine.load(std::memory_order_acquire);
    if (m != nullptr) demand(*m);  // the monitor asks those again that are inside now
  }
}

void request_quit_dump() noexcept {
  the_monitor.quit_requested.store(true, std::memory_order_seq_cst);
  wake_sleeping_monitor();
}

bool run_on_monitor(void (*work)(void*) noexcept, void* argument, std::int64_t nanos) noexcept {
  Monitor& monitor = the_monitor;
  if (monitor_is_gone()) return false;
  monitor.work_argument.store(argument, std::memory_order_relaxed);
  monitor.work_done.store(0, std::memory_order_relaxed);
  monitor.work.store(work, std::memory_order_seq_cst);
  wake_sleeping_monitor();
  const MonotonicNanos deadline = detail::monotonic_now() + nanos;
  while (monitor.work_done.load(std::memory_order_acquire) == 0) {
    if (!os::futex_wait_until(monitor.work_done, 0, deadline))
      return monitor.work_done.load(std::memory_order_acquire) != 0;
  }
  return true;
}

MonitorCounters monitor_counters() noexcept {
  return {the_monitor.handoffs_blocked.load(std::memory_order_relaxed),
          the_monitor.handoffs_spinning.load(std::memory_order_relaxed),
          the_monitor.wakeups.load(std::memory_order_relaxed)};
}

void reset_monitor_after_fork() noexcept {
  the_monitor.thief_lock.unlock();
  scheduler().monitor_wakes_at.store(kNever, std::memory_order_relaxed);
  scheduler().monitor_sleeps.store(1, std::memory_order_relaxed);  // so the first who needs it comes by wake_monitor()
  the_monitor.quit_requested.store(false, std::memory_order_relaxed);  // of the parent
  the_monitor.work.store(nullptr, std::memory_order_relaxed);
}

}  // namespace weft::sched
