// The switch itself: what is saved beside the registers, and what happens to the context that was left.
//
// Nothing about the left goroutine may be published before its context is saved [sched.I5]; so the switching code only
// notes what is to be done (Machine::after), and the context arrived at does it.
#include <cerrno>

#include "os/context.h"
#include "sched/claim.h"
#include "sched/fork.h"
#include "sched/pick_local.h"
#include "sched/scheduler.h"
#include "sched/stack_pool.h"

namespace weft::sched {

using detail::Section;
using detail::Status;

namespace {

Goroutine& current_context(Machine& m) noexcept {
  Goroutine* g = m.g.load(std::memory_order_relaxed);
  return g != nullptr ? *g : m.scheduler;
}

void park_left(Machine& m, Goroutine* left) noexcept {
  const detail::ParkCommit commit = m.commit;
  left->status.store(Status::kParked, std::memory_order_release);
  if (commit != nullptr && !commit(left, m.commit_argument)) {
    left->status.store(Status::kRunnable, std::memory_order_release);
    push_runnext(m, left);
  }
}

void recycle(Machine& m, Goroutine* left) noexcept {
  constexpr std::uint32_t kKept = 64;
  left->status.store(Status::kDead, std::memory_order_release);
  Processor& p = *processor_of(m);
  p.finished.add();
  if (left->size_class != scheduler().config.stack_class) {
    stack_pool().put(left);
    return;
  }
  left->queue_next = p.free_stacks.top;
  p.free_stacks.top = left;
  if (++p.free_stacks.count < kKept) return;
  Goroutine* first = p.free_stacks.top;
  Goroutine* last = first;
  for (std::uint32_t i = 1; i < kKept / 2; ++i) last = last->queue_next;
  p.free_stacks.top = last->queue_next;
  p.free_stacks.count -= kKept / 2;
  stack_pool().put_list(first->size_class, first, last, kKept / 2);
}

// First thing on every stack arrived at, inside a section.
void finish_switch() noexcept {
  Machine& m = this_machine();
  Goroutine* left = m.left;
  const AfterSwitch after = m.after;
  m.after = AfterSwitch::kNothing;
  sanitizer_after_switch(current_context(m).fiber, left->fiber);
  switch (after) {
    case AfterSwitch::kNothing:
      return;
    case AfterSwitch::kParked:
      park_left(m, left);
      return;
    case AfterSwitch::kToRing:
      // No wake-up: where two were ready before the yield, two are ready after it.
      left->arrival = detail::Arrival::kYielded;
      left->status.store(Status::kRunnable, std::memory_order_release);
      push_ring_quietly(*processor_of(m), left);
      return;
    case AfterSwitch::kToGlobal:
      left->arrival = detail::Arrival::kYielded;
      left->status.store(Status::kRunnable, std::memory_order_release);
      if (left->pinned_to.load(std::memory_order_relaxed) != nullptr) {
        push_pinned(left);
      } else {
        push_global(left);
      }
      return;
    case AfterSwitch::kFinished:
      recycle(m, left);
      return;
  }
}

}  // namespace

void switch_to(Machine& m, Goroutine* from, Goroutine* to) noexcept {
  from->eh = *m.exceptions;
  *m.exceptions = to->eh;
  from->saved_errno = *m.errno_address;
  *m.errno_address = to->saved_errno;
  m.left = from;
  m.g.store(to == &m.scheduler ? nullptr : to, std::memory_order_relaxed);
  sanitizer_before_switch(from->fiber, to->fiber, m.after == AfterSwitch::kFinished);
  weft_switch_context(&from->context_sp, to->context_sp);
  finish_switch();
}

void begin_run(Machine& m, Goroutine* g) noexcept {
  g->status.store(Status::kRunning, std::memory_order_relaxed);
  g->machine.store(&m, std::memory_order_release);  // partner: running_stack(), which looks into the machine
  wait_out_claim(*g);
  Processor& p = *processor_of(m);
  p.switches.add();
  if (g->ready_since != 0) {
    const detail::MonotonicNanos now = detail::monotonic_now();
    p.queue_latency.record(now - g->ready_since);
    p.run_length.begin(now);
    g->ready_since = 0;
  }
}

void leave_goroutine(Machine& m, AfterSwitch after) noexcept {
  Goroutine* from = m.g.load(std::memory_order_relaxed);
  RunLength& run_length = processor_of(m)->run_length;
  if (run_length.sampling()) [[unlikely]]
    run_length.end(detail::monotonic_now());
  Goroutine* next = pick_local(m);
  m.after = after;
  if (next != nullptr) {
    begin_run(m, next);
    switch_to(m, from, next);
  } else {
    switch_to(m, from, &m.scheduler);
  }
}

void goroutine_main() {
  finish_switch();
  Goroutine* g = detail::current_machine()->g.load(std::memory_order_relaxed);
  detail::leave_runtime();  // ends the section in which this goroutine was switched to
  g->entry(g->callable);
  end_forked_child(*g, 0);
  const Section section;
  leave_goroutine(this_machine(), AfterSwitch::kFinished);
  __builtin_unreachable();
}

void run_scheduler_loop(Machine& m) {
  while (true) {
    Goroutine* g = pick(m);
    begin_run(m, g);
    switch_to(m, &m.scheduler, g);
  }
}

}  // namespace weft::sched
