// Who holds a processor: handing it on, the idle list, the end of one beyond max_procs. All under the scheduler's lock.
#include "sched/scheduler.h"

namespace weft::sched {

using detail::kNever;
using detail::MonotonicNanos;

void retire_processor_locked(Processor& p) noexcept {
  Scheduler& s = scheduler();
  empty_into_global_locked(p);
  p.wheel.move_all_to(s.shared_wheel, detail::monotonic_now());
  notice_timer_locked(s.shared_wheel.next_when());  // while it was surplus, nobody counted its timers
  if (--s.surplus_processors == 0) s.attention.fetch_and(~Scheduler::kResized, std::memory_order_release);
}

void put_processor_locked(Processor& p) noexcept {
  Scheduler& s = scheduler();
  p.machine.store(nullptr, std::memory_order_relaxed);
  p.held = false;
  if (p.index >= s.max_procs.load(std::memory_order_relaxed)) {
    retire_processor_locked(p);
    return;
  }
  empty_runnext_into_global_locked(p);  // nobody steals from there
  const bool paused = (s.attention.load(std::memory_order_relaxed) & Scheduler::kPaused) != 0;
  for (Machine* m = s.pinned_waiting; m != nullptr && !paused; m = m->pinned_waiting_next) {
    if (give_to_idle_machine_locked(*m, p)) return;  // else it is between two looks, and will take one itself
  }
  p.idle_next = s.idle_processors;
  s.idle_processors = &p;
  s.idle_processor_count.fetch_add(1, std::memory_order_seq_cst);
  // Its timers were its own until now; the keeper may have gone to sleep before they were armed.
  if (const MonotonicNanos when = p.wheel.next_when(); when != kNever) notice_timer_locked(when);
}

void attach(Machine& m, Processor& p) noexcept {
  m.p.store(&p, std::memory_order_relaxed);
  m.processor_index = static_cast<int>(p.index);
  p.run_length.abandon();
  p.machine.store(&m, std::memory_order_release);
}

Processor* take_idle_processor_locked() noexcept {
  Scheduler& s = scheduler();
  if ((s.attention.load(std::memory_order_relaxed) & Scheduler::kPaused) != 0) return nullptr;
  Processor* p = s.idle_processors;
  if (p == nullptr) return nullptr;
  s.idle_processors = p->idle_next;
  p->held = true;
  s.idle_processor_count.fetch_sub(1, std::memory_order_seq_cst);
  if (next_timer() != kNever) wake_monitor_soon();  // the keeper may be the one that goes to run user code now
  return p;
}

void release_processor_locked(Machine& m) noexcept {
  Processor& p = *processor_of(m);
  m.p.store(nullptr, std::memory_order_relaxed);
  put_processor_locked(p);
}

}  // namespace weft::sched
