#include "sched/fork.h"

#include <pthread.h>
#include <system_error>

#include "base/backoff.h"
#include "base/fatal.h"
#include "os/membarrier.h"
#include "os/symbolize.h"
#include "os/thread.h"
#include "sched/long_runner.h"
#include "sched/monitor.h"
#include "sched/poller.h"
#include "sched/running_stack.h"
#include "sched/stack_pool.h"
#include "sched/stand_in.h"
#include "weft/runtime.h"

namespace weft::sched {
namespace {

constinit detail::Atomic<bool> gone{false};

// A thread that holds locks of the runtime must look as if it were inside, or the monitor might hold it in its handler
// (preempt.h) and then wait for the locks. It is no Section: it takes no processor and switches to nobody.
bool entered = false;  // under start's lock
void enter() noexcept {
  detail::MachineHead* m = detail::current_machine();
  entered = m != nullptr && !m->inside.load(std::memory_order_relaxed);
  if (!entered) return;
  m->inside.store(true, std::memory_order_relaxed);
  detail::compiler_barrier();
}
void leave() noexcept {
  if (entered) detail::leave_runtime();
}

template <class Visit>
void for_each_wheel(Visit&& visit) noexcept {
  Scheduler& s = scheduler();
  visit(s.shared_wheel);
  const std::uint32_t count = s.processors_made.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) visit(s.processors[i]->wheel);
}

void lock_queues() noexcept {
  scheduler().lock.lock();
  for_each_wheel([](TimerWheel& wheel) { wheel.lock_for_fork(); });
}
void unlock_queues() noexcept {
  for_each_wheel([](TimerWheel& wheel) { wheel.unlock_after_fork(); });
  scheduler().lock.unlock();
}

bool timers_fire() noexcept {
  bool any = false;
  for_each_wheel([&](const TimerWheel& wheel) { any = any || wheel.firing(); });
  return any;
}

// The lists must be whole at the moment of the copy, the mutex held by nobody who will be gone, and no timer's callback
// under way on another thread: it needs these locks to come to its end.
void before_fork() noexcept {
  lock_start();
  enter();
  detail::Backoff backoff;
  for (lock_queues(); timers_fire(); lock_queues()) {
    unlock_queues();
    backoff.wait();
  }
  stack_pool().lock_for_fork();
}
void after_fork_in_parent() noexcept {
  stack_pool().unlock_after_fork();
  unlock_queues();
  leave();
  unlock_start();
}

void forget_queues() noexcept {
  Scheduler& s = scheduler();
  s.global = {};
  s.global_count.store(0, std::memory_order_relaxed);
  for_each_wheel([](TimerWheel& wheel) { wheel.reset_after_fork(); });
  for (Processor* p : s.processors) {
    if (p == nullptr) continue;
    p->runnext.store(nullptr, std::memory_order_relaxed);
    while (p->ring.pop() != nullptr) {
    }
    p->free_stacks = {};  // its holder may have been at it
    p->next_id = p->last_id;
  }
}

// Only the forking machine is left; with it the processor that it holds. All others are idle.
void forget_machines(Machine* self) noexcept {
  Scheduler& s = scheduler();
  s.idle_machines = nullptr;
  s.idle_machine_count = 0;
  s.machine_count = self != nullptr ? 1 : 0;  // machines_numbered goes on: it has a number
  s.mains = 0;                                // their threads are gone; the forking one is in none
  s.machines.store(self, std::memory_order_relaxed);
  s.pinned_waiting = nullptr;
  s.timer_keeper = nullptr;
  s.poll_keeper.store(nullptr, std::memory_order_relaxed);
  s.searching.store(0, std::memory_order_relaxed);
  s.threads_in_park.store(0, std::memory_order_relaxed);
  s.surplus_processors = 0;
  s.attention.store(0, std::memory_order_relaxed);
  s.idle_processors = nullptr;
  std::uint32_t idle = 0;
  Processor* own = self != nullptr ? processor_of(*self) : nullptr;
  const std::uint32_t count = s.max_procs.load(std::memory_order_relaxed);
  if (own != nullptr) {
    own->held = true;
    own->machine.store(self, std::memory_order_relaxed);
    if (own->index >= count) {
      s.surplus_processors = 1;
      s.attention.store(Scheduler::kResized, std::memory_order_relaxed);
    }
  }
  const std::uint32_t made = s.processors_made.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < made; ++i) {
    Processor& p = *s.processors[i];
    if (&p == own) continue;
    p.held = false;
    p.machine.store(nullptr, std::memory_order_relaxed);
    if (i >= count) continue;
    p.idle_next = s.idle_processors;
    s.idle_processors = &p;
    ++idle;
  }
  s.idle_processor_count.store(idle, std::memory_order_relaxed);
}

// The forking machine and its goroutine, as they go on in the child.
void keep(Machine& m) noexcept {
  Scheduler& s = scheduler();
  Goroutine* g = m.g.load(std::memory_order_relaxed);
  m.all_next = nullptr;
  m.thread_id = os::current_thread_id();
  m.pinned_queue = {};
  m.pinned_ready.store(0, std::memory_order_relaxed);
  m.waits_for_processor = false;
  m.pinned_here.store(g->pinned_to == &m ? 1 : 0, std::memory_order_relaxed);  // of those pinned here it alone is left
  if (g->exclusive_pin_depth == 0) m.exclusive_pin.store(nullptr, std::memory_order_relaxed);
  m.hold.store(0, std::memory_order_relaxed);
  m.spins_detached.store(false, std::memory_order_relaxed);
  m.blocked_detached = false;
  // If the monitor was just taking the processor, it has not come to do anything with it.
  if (processor_of(m) != nullptr) m.request.store(detail::StealRequest::kNone, std::memory_order_relaxed);
  g->fork_generation = s.fork_generation.load(std::memory_order_relaxed);
  g->claimed.store(false, std::memory_order_relaxed);  // by a dump that is gone
  s.foreign_spawned.fetch_add(1, std::memory_order_relaxed);
  s.child_main = g;
}

// Whoever was asking for stacks, looking up names or starting as a thread is gone.
void reset_what_others_held() noexcept {
  stack_pool().unlock_after_fork();
  reset_stand_ins_after_fork();
  reset_running_stack_after_fork();
  reset_long_runners_after_fork();
  os::reset_symbolizer_after_fork();
  reset_monitor_after_fork();
  reset_poller_after_fork();
}

void after_fork_in_child() noexcept {
  Scheduler& s = scheduler();
  Machine* m = static_cast<Machine*>(detail::current_machine());
  s.fork_generation.fetch_add(1, std::memory_order_relaxed);
  forget_queues();
  forget_machines(m);
  reset_what_others_held();
  os::register_membarrier();
  gone.store(has_started(), std::memory_order_relaxed);  // else the start makes the first one
  s.foreign_spawned.fetch_sub(static_cast<std::int64_t>(num_goroutines()), std::memory_order_relaxed);
  s.child_main = nullptr;
  if (m != nullptr) keep(*m);
  s.lock.unlock();
  leave();
  unlock_start();
}

}  // namespace

void install_fork_handlers() noexcept { ::pthread_atfork(&before_fork, &after_fork_in_parent, &after_fork_in_child); }

bool monitor_is_gone() noexcept { return gone.load(std::memory_order_relaxed); }

void restart_monitor_after_fork() noexcept {
  if (!gone.load(std::memory_order_relaxed) || !gone.exchange(false)) return;
  try {
    start_monitor();
  } catch (const std::system_error&) {
    base::fatal("the monitor's thread cannot be made after fork()");
  }
}

}  // namespace weft::sched
