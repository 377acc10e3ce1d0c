// Goroutines that run on one machine only (ThreadPin).
//
// A pinned goroutine's ready queue is its machine's. The machine takes it at its next pick; if it sleeps it is woken
// with an idle processor, or with the processor of the first machine that comes by its loop (Scheduler::pinned_waiting,
// oldest first).
//
// While the pinned goroutine waits the machine serves others, for a hand-over between the two then stays on one thread.
// But a running goroutine cannot be moved off a thread. So
//   [pin.I1] such a machine runs only those whom it trusts to come back: who have waited or yielded Goroutine::kTrusted
//            times since they were last caught keeping a processor. Under an exclusive pin it runs nobody else
//   [pin.I2] what it refuses goes, with the processor, to a machine to which nobody is pinned; if none sleeps a new one
//            is made. So it is refused once and then runs, and there are no more such machines than processors and
//            threads that are blocked
//   [pin.I3] one that is trusted and stays all the same loses its processor like any other, and at its next call into
//            weft queues behind the pinned ones
// REJECTED   [pin.R1] to pass on whom it refuses to the warmest machine: where all that sleep have pins they pass it
//            round for ever (tests/stress/pin_stress.cc hung)
//            [pin.R2] to trust after one wait: a server's goroutine waits for its request, then computes
#include "sched/scheduler.h"
#include "weft/runtime.h"

namespace weft::sched {

using detail::SpinGuard;

void leave_pinned_waiting_locked(Machine& m) noexcept {
  if (!m.waits_for_processor) return;
  Scheduler& s = scheduler();
  Machine** at = &s.pinned_waiting;
  while (*at != &m) at = &(*at)->pinned_waiting_next;
  *at = m.pinned_waiting_next;
  m.waits_for_processor = false;
  if (s.pinned_waiting == nullptr) s.attention.fetch_and(~Scheduler::kPinnedWaiting, std::memory_order_release);
}

void wait_for_processor_locked(Machine& m) noexcept {
  if (m.waits_for_processor) return;
  Scheduler& s = scheduler();
  m.waits_for_processor = true;
  m.pinned_waiting_next = nullptr;
  Machine** at = &s.pinned_waiting;
  while (*at != nullptr) at = &(*at)->pinned_waiting_next;
  *at = &m;
  s.attention.fetch_or(Scheduler::kPinnedWaiting, std::memory_order_release);
}

void serve_pinned_from_idle_locked() noexcept {
  for (Machine* m = scheduler().pinned_waiting; m != nullptr;) {
    Machine* next = m->pinned_waiting_next;
    if (m->idle) {
      Processor* p = take_idle_processor_locked();
      if (p == nullptr) return;
      give_to_idle_machine_locked(*m, *p);
    }
    m = next;
  }
}

void push_pinned(Goroutine* g) noexcept {
  Scheduler& s = scheduler();
  Machine& m = *g->pinned_to.load(std::memory_order_relaxed);
  const SpinGuard guard(s.lock);
  m.pinned_queue.push(g);
  m.pinned_ready.store(m.pinned_queue.count, std::memory_order_release);
  if (m.idle) {  // else it looks at its queue before it sleeps
    if (Processor* p = take_idle_processor_locked()) {
      give_to_idle_machine_locked(m, *p);
      return;
    }
    wait_for_processor_locked(m);
  }
  notice_work();
}

Goroutine* pop_pinned(Machine& m) noexcept {
  if (m.pinned_ready.load(std::memory_order_acquire) == 0) return nullptr;
  const SpinGuard guard(scheduler().lock);
  Goroutine* g = m.pinned_queue.pop();
  m.pinned_ready.store(m.pinned_queue.count, std::memory_order_relaxed);
  return g;
}

bool accept(Machine& m, Goroutine* g) noexcept {
  const Machine* pinned_to = g->pinned_to.load(std::memory_order_relaxed);
  if (pinned_to == &m) return true;
  if (pinned_to != nullptr) {
    push_pinned(g);
    return false;
  }
  const bool exclusive = m.exclusive_pin.load(std::memory_order_relaxed) != nullptr;
  if (!exclusive && (m.pinned_here.load(std::memory_order_relaxed) == 0 || g->trusted())) return true;
  push_runnext(m, g);
  if (hand_off_to_unpinned(m)) return false;
  if (exclusive) {
    hand_off_processor(m);
    return false;
  }
  processor_of(m)->runnext.store(nullptr, std::memory_order_relaxed);  // out of threads: better here than nowhere
  return true;
}

bool serve_pinned_waiter(Machine& m) noexcept {
  Scheduler& s = scheduler();
  const SpinGuard guard(s.lock);
  for (Machine* waiter = s.pinned_waiting; waiter != nullptr; waiter = waiter->pinned_waiting_next) {
    Processor& p = *processor_of(m);
    if (waiter == &m || !give_to_idle_machine_locked(*waiter, p)) continue;
    m.p.store(nullptr, std::memory_order_relaxed);
    if (m.searching) {
      m.searching = false;
      s.searching.fetch_sub(1, std::memory_order_seq_cst);
    }
    return true;
  }
  return false;
}

}  // namespace weft::sched

namespace weft {

using detail::Goroutine;
using sched::Machine;

ThreadPin::ThreadPin(bool exclusive) noexcept : exclusive_(exclusive) {
  const detail::Section section;
  if (detail::current_machine() == nullptr) return;
  Machine& m = sched::this_machine();
  Goroutine* g = m.g.load(std::memory_order_relaxed);
  if (g->pin_depth++ == 0) {
    g->pinned_to.store(&m, std::memory_order_relaxed);
    m.pinned_here.fetch_add(1, std::memory_order_relaxed);
  }
  if (exclusive_ && g->exclusive_pin_depth++ == 0) m.exclusive_pin.store(g, std::memory_order_relaxed);
}

ThreadPin::~ThreadPin() {
  const detail::Section section;
  if (detail::current_machine() == nullptr) return;
  Machine& m = sched::this_machine();
  Goroutine* g = m.g.load(std::memory_order_relaxed);
  if (exclusive_ && --g->exclusive_pin_depth == 0) m.exclusive_pin.store(nullptr, std::memory_order_relaxed);
  if (--g->pin_depth == 0) {
    g->pinned_to.store(nullptr, std::memory_order_relaxed);
    m.pinned_here.fetch_sub(1, std::memory_order_relaxed);
  }
}

}  // namespace weft
