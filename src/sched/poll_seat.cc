// Who has the poller's seat; the rules are in poller.h.
#include "sched/poller.h"
#include "sched/scheduler.h"

namespace weft::sched {

using detail::kNever;
using detail::MonotonicNanos;
using detail::SpinGuard;

namespace {

// Who leaves with goroutines that run for long would keep the next batch waiting: another idle machine takes the seat.
// For short runs its wake-up costs more than it saves.
void pass_seat_on_locked(const Processor& p) noexcept {
  constexpr MonotonicNanos kWakeUpNanos = 25'000;
  Scheduler& s = scheduler();
  if (p.run_length.average() < kWakeUpNanos || s.idle_machines == nullptr) return;
  if (s.idle_processor_count.load(std::memory_order_relaxed) == 0) return;  // it could only queue them up
  s.poll_keeper.store(s.idle_machines, std::memory_order_relaxed);
  have_look_again_locked(*s.idle_machines);
}

// It has a batch: with an idle processor it readies those goroutines where they will run. False: none is idle.
bool take_processor_for_batch(Machine& m) noexcept {
  Scheduler& s = scheduler();
  const SpinGuard guard(s.lock);
  if (!m.idle) return true;  // it is given one at this moment
  Processor* p = take_idle_processor_locked();
  if (p == nullptr) return false;
  remove_idle_machine_locked(m);
  leave_pinned_waiting_locked(m);
  attach(m, *p);
  pass_seat_on_locked(*p);
  return true;
}

}  // namespace

bool sleep_in_poller(Machine& m, PolledBatch& batch, MonotonicNanos deadline) noexcept {
  m.in_poller.store(true, std::memory_order_seq_cst);
  if (m.wake_word.load(std::memory_order_seq_cst) == kAsleep) poll_wait(batch, deadline);
  m.in_poller.store(false, std::memory_order_seq_cst);
  if (batch.count != 0) {
    if (take_processor_for_batch(m)) return true;
    tell_targets(batch);  // into the global queue, for those who have one
    return false;
  }
  return deadline != kNever && deadline <= detail::monotonic_now() && keeper_deadline_passed(m);
}

void take_free_seat_locked(Machine& m) noexcept {
  Scheduler& s = scheduler();
  if (poller_in_use() && poll_seat_is_free(s)) s.poll_keeper.store(&m, std::memory_order_relaxed);
}

void leave_poll_seat(Machine& m) noexcept {
  Scheduler& s = scheduler();
  if (s.poll_keeper.load(std::memory_order_relaxed) == &m) s.poll_keeper.store(nullptr, std::memory_order_release);
}

void seat_a_poller() noexcept {
  Scheduler& s = scheduler();
  const SpinGuard guard(s.lock);
  if (!poll_seat_is_free(s) || s.idle_machines == nullptr) return;
  s.poll_keeper.store(s.idle_machines, std::memory_order_relaxed);
  have_look_again_locked(*s.idle_machines);
}

}  // namespace weft::sched
