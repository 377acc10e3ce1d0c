// park and ready, for goroutines and for plain threads' stand-ins; yield; sections' slow path.
#include <cerrno>

#include "os/futex.h"
#include "sched/claim.h"
#include "sched/scheduler.h"
#include "sched/stand_in.h"
#include "sched/steal_request.h"
#include "weft/runtime.h"

namespace weft::detail {

using sched::AfterSwitch;
using sched::Machine;
using sched::scheduler;
using sched::this_machine;

namespace {

// It was parked when a fork() copied it: it ended there, and whoever holds it in a list does not know.
bool is_parents(const Goroutine& g) noexcept {
  return g.fork_generation != scheduler().fork_generation.load(std::memory_order_relaxed);
}

void park_thread(ParkCommit commit, void* arg, WaitReason reason, const void* on) noexcept {
  Goroutine* g = self();
  g->wait_reason = reason;
  g->wait_on = on;
  g->wait_since = sched::coarse_now();
  g->status.store(Status::kParked, std::memory_order_release);  // partner: the dump's acquire
  if (commit == nullptr || commit(g, arg)) {
    // Not before: until it is committed it may go on by itself, and the timer that is to wake it is not armed. Its
    // waker may count it out before it is counted in here, which only hides a deadlock for as long.
    scheduler().threads_in_park.fetch_add(1, std::memory_order_seq_cst);
    // The thread that was in run() goes on with weft, say in a destructor that drains a pool: it needs the goroutines.
    // A sleeper needs nobody.
    if (reason != WaitReason::kSleep && scheduler().last_main.load(std::memory_order_relaxed) == g) {
      sched::resume_runtime();
    }
    sched::wake_monitor();  // this may have been the last thread that could wake anybody
    while (g->thread_permit.exchange(0, std::memory_order_acquire) == 0) os::futex_wait(g->thread_permit, 0);
  }
  g->status.store(Status::kRunning, std::memory_order_relaxed);
  sched::wait_out_claim(*g);
}

void ready_thread(Goroutine* g) noexcept {
  scheduler().threads_in_park.fetch_sub(1, std::memory_order_seq_cst);
  scheduler().thread_wakes.fetch_add(1, std::memory_order_seq_cst);  // after it: see judge()
  g->thread_permit.store(1, std::memory_order_release);              // pairs with park_thread's exchange
  os::futex_wake(g->thread_permit);
}

enum class Place { kNext, kTail };

void make_ready(Goroutine* g, Place place) noexcept {
  if (is_parents(*g)) [[unlikely]]
    return;
  if (g->is_thread) {
    ready_thread(g);
    return;
  }
  const Section section;
  MachineHead* head = current_machine();
  Processor* p = head == nullptr ? nullptr : head->p.load(std::memory_order_relaxed);
  g->arrival = Arrival::kWoken;
  g->status.store(Status::kRunnable, std::memory_order_release);
  const Machine* pinned_to = g->pinned_to.load(std::memory_order_relaxed);
  if (pinned_to != nullptr && (p == nullptr || pinned_to != head)) {
    sched::push_pinned(g);
  } else if (p == nullptr || scheduler().config.migrate) {
    sched::push_global(g);
  } else {
    sched::sample(*p, g);
    if (place == Place::kNext) {
      sched::push_runnext(this_machine(), g);
    } else {
      sched::push_ring(this_machine(), g);
    }
  }
}

bool unlock_commit(Goroutine*, void* lock) noexcept {
  static_cast<SpinLock*>(lock)->unlock();
  return true;
}

// The monitor took the processor: take an idle one, or queue up as a ready goroutine, which lets those go first who can
// run on this thread alone.
void take_processor_again(Machine& m) noexcept {
  if (m.pinned_ready.load(std::memory_order_acquire) == 0) {
    const SpinGuard guard(scheduler().lock);
    if (Processor* p = sched::take_idle_processor_locked()) {
      sched::attach(m, *p);
      return;
    }
  }
  m.after = AfterSwitch::kToGlobal;
  sched::switch_to(m, m.g.load(std::memory_order_relaxed), &m.scheduler);
}

}  // namespace

Goroutine* self() noexcept {
  MachineHead* m = current_machine();
  if (m != nullptr) [[likely]]
    return m->g.load(std::memory_order_relaxed);
  return sched::stand_in();
}

bool on_goroutine() noexcept {
  MachineHead* m = current_machine();
  return m != nullptr && m->g.load(std::memory_order_relaxed) != nullptr;
}

void park(ParkCommit commit, void* arg, WaitReason reason, const void* on) noexcept {
  MachineHead* head = current_machine();
  if (head == nullptr) {
    park_thread(commit, arg, reason, on);
    return;
  }
  Machine& m = static_cast<Machine&>(*head);
  Goroutine* g = m.g.load(std::memory_order_relaxed);
  g->wait_reason = reason;
  g->wait_on = on;
  g->wait_since = sched::coarse_now();
  g->note_good_turn();
  m.commit = commit;
  m.commit_argument = arg;
  sched::leave_goroutine(m, AfterSwitch::kParked);
}

void park_unlock(SpinLock& lock, WaitReason reason, const void* on) noexcept {
  park(&unlock_commit, &lock, reason, on);
}

void ready(Goroutine* goroutine) noexcept { make_ready(goroutine, Place::kNext); }
void ready_tail(Goroutine* goroutine) noexcept { make_ready(goroutine, Place::kTail); }

std::uint32_t fast_random() noexcept {
  thread_local std::uint32_t thread_state = 0;
  MachineHead* m = current_machine();
  Processor* p = m == nullptr ? nullptr : m->p.load(std::memory_order_relaxed);
  std::uint32_t& state = p != nullptr ? p->random_state : thread_state;
  if (state == 0) state = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&state) >> 4) | 1;
  state ^= state << 13;  // xorshift32, Marsaglia 2003
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

void enter_slow() noexcept {
  Machine& m = this_machine();
  if (sched::answer_steal_request(m)) {
    m.in_blocking.store(false, std::memory_order_relaxed);
    take_processor_again(m);
  } else if (m.asked_to_yield.exchange(false, std::memory_order_relaxed) ||
             sched::must_give_up(scheduler(), *processor_of(m))) {
    // A goroutine that enters so often that its processor is never to be taken, and never parks.
    sched::leave_goroutine(m, AfterSwitch::kToGlobal);
  }
}

BlockingScope::BlockingScope() noexcept {
  const Section section;
  if (current_machine() == nullptr) return;
  Machine& m = this_machine();
  if (processor_of(m) == nullptr) return;
  m.in_blocking.store(true, std::memory_order_relaxed);
  sched::hand_off_processor(m);
  // As if the monitor had taken it: the next section, at the latest this scope's end, takes one again.
  m.request.store(StealRequest::kTaken, std::memory_order_release);
}

BlockingScope::~BlockingScope() { const Section section; }

}  // namespace weft::detail

namespace weft {

void yield() noexcept {
  const detail::Section section;
  if (detail::current_machine() == nullptr) {
    ::sched_yield();
    return;
  }
  sched::Machine& m = sched::this_machine();
  detail::Processor& p = *sched::processor_of(m);
  if (!p.has_queued() && m.pinned_ready.load(std::memory_order_relaxed) == 0 &&
      sched::scheduler().global_count.load(std::memory_order_relaxed) == 0 &&
      sched::scheduler().attention.load(std::memory_order_relaxed) == 0 &&
      !p.timer_due.load(std::memory_order_relaxed)) {
    return;
  }
  m.g.load(std::memory_order_relaxed)->note_good_turn();
  sched::leave_goroutine(
      m, sched::scheduler().config.migrate ? sched::AfterSwitch::kToGlobal : sched::AfterSwitch::kToRing);
}

}  // namespace weft
