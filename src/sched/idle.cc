// Who sleeps and who is woken: P2..P6 of scheduler.h.
#include <utility>

#include "os/futex.h"
#include "sched/poller.h"
#include "sched/scheduler.h"

namespace weft::sched {

using detail::kNever;
using detail::MonotonicNanos;
using detail::SpinGuard;

namespace {

// How long a machine looks at its wake-up word before it sleeps, where others run who may wake it: less than a sleep
// and a wake-up cost together.
constexpr int kSpinsBeforeSleep = 200;

// The warmest to which nobody is pinned, for it can run anything; else the warmest without an exclusive pin.
enum class Wanted { kUnpinned, kAny };
Machine* pop_idle_machine_locked(Wanted wanted) noexcept {
  Machine* found = nullptr;
  for (Machine* m = scheduler().idle_machines; m != nullptr; m = m->idle_next) {
    if (m->pinned_here.load(std::memory_order_relaxed) == 0) {
      found = m;
      break;
    }
    const bool exclusive = m->exclusive_pin.load(std::memory_order_relaxed) != nullptr;
    if (wanted == Wanted::kAny && found == nullptr && !exclusive) found = m;
  }
  if (found != nullptr) remove_idle_machine_locked(*found);
  return found;
}

void push_idle_machine_locked(Machine& m) noexcept {
  Scheduler& s = scheduler();
  m.idle_next = s.idle_machines;
  s.idle_machines = &m;
  ++s.idle_machine_count;
  m.idle = true;
}

// After its wake_word was written [poll.I3].
void wake_from_sleep(Machine& m) noexcept {
  if (m.in_poller.load(std::memory_order_seq_cst)) {
    ring_poller();
  } else {
    os::futex_wake(m.wake_word);
  }
}

void wake_machine(Machine& m) noexcept {
  m.wake_word.store(kGiven, std::memory_order_seq_cst);
  wake_from_sleep(m);
}

// What the machine that goes to sleep watches meanwhile.
struct Watch {
  MonotonicNanos deadline = kNever;  // as the keeper of timers
  bool polls = false;                // as the one who has the seat
};

Watch watch_of(Machine& m) noexcept {
  Scheduler& s = scheduler();
  const SpinGuard guard(s.lock);
  Watch watch;
  watch.polls = m.idle && s.poll_keeper.load(std::memory_order_relaxed) == &m;
  if (s.timer_keeper == &m) watch.deadline = s.keeper_deadline = next_timer();
  return watch;
}

bool holds_processor() noexcept {
  const detail::MachineHead* m = detail::current_machine();
  return m != nullptr && m->p.load(std::memory_order_relaxed) != nullptr;
}

bool somebody_runs() noexcept {
  const Scheduler& s = scheduler();
  return s.idle_processor_count.load(std::memory_order_relaxed) < s.max_procs.load(std::memory_order_relaxed);
}

// Returns when m.given was set (with the wake-up) or the machine took a processor itself.
void sleep_until_woken(Machine& m, PolledBatch& batch) noexcept {
  const int spins = somebody_runs() ? kSpinsBeforeSleep : 0;
  for (int i = 0; i < spins && m.wake_word.load(std::memory_order_acquire) == kAsleep; ++i) detail::cpu_relax();
  while (m.wake_word.exchange(kAsleep, std::memory_order_seq_cst) != kGiven) {
    const Watch watch = watch_of(m);
    if (watch.polls) {
      if (sleep_in_poller(m, batch, watch.deadline) && processor_of(m) != nullptr) return;
    } else if (watch.deadline == kNever) {
      os::futex_wait(m.wake_word, 0);
    } else if (!os::futex_wait_until(m.wake_word, 0, watch.deadline) && keeper_deadline_passed(m)) {
      return;
    }
  }
}

void give_locked(Machine& idle_machine, Processor& p, bool as_searcher) noexcept {
  remove_idle_machine_locked(idle_machine);
  leave_pinned_waiting_locked(idle_machine);
  p.held = true;
  idle_machine.given = &p;
  idle_machine.given_searching = as_searcher;
}

// The machine that goes to sleep takes the watch over if it left a timer that is due before the keeper wakes up.
void keep_timers_locked(Machine& m) noexcept {
  Scheduler& s = scheduler();
  if (s.idle_processor_count.load(std::memory_order_relaxed) == 0) return;
  const MonotonicNanos next = next_timer();
  if (s.timer_keeper != nullptr && s.keeper_deadline <= next) return;
  s.timer_keeper = &m;
  s.keeper_deadline = next;
}

bool hand_to_idle_machine_locked(Processor& p, bool as_searcher, Wanted wanted = Wanted::kAny) noexcept {
  Machine* m = pop_idle_machine_locked(wanted);
  if (m == nullptr) return false;
  leave_pinned_waiting_locked(*m);
  m->given = &p;
  m->given_searching = as_searcher;
  wake_machine(*m);
  return true;
}

}  // namespace

void remove_idle_machine_locked(Machine& m) noexcept {
  Scheduler& s = scheduler();
  Machine** at = &s.idle_machines;
  while (*at != &m) at = &(*at)->idle_next;
  *at = m.idle_next;
  --s.idle_machine_count;
  m.idle = false;
  if (s.timer_keeper != &m) return;
  s.timer_keeper = nullptr;
  // The monitor may sleep for as long as it likes, since the keeper saw to timers. A keeper that goes because one is
  // due is back in a moment, most often; of one that is called away before, the monitor must know in time.
  const MonotonicNanos next = next_timer();
  if (next == kNever) return;
  if (next <= detail::monotonic_now()) {
    wake_monitor_soon();
  } else {
    wake_monitor_by(next);
  }
}

// It sleeps on, in another way or until another time.
void have_look_again_locked(Machine& m) noexcept {
  std::uint32_t asleep = kAsleep;
  if (m.wake_word.compare_exchange_strong(asleep, kLookAgain, std::memory_order_seq_cst, std::memory_order_relaxed)) {
    wake_from_sleep(m);
  }
}

// The keeper slept until the next timer. True: it took a processor and goes on.
bool keeper_deadline_passed(Machine& m) noexcept {
  Scheduler& s = scheduler();
  const SpinGuard guard(s.lock);
  if (!m.idle) return false;               // it was given a processor at the same moment
  if (s.timer_keeper != &m) return false;  // another sleeps until an earlier timer
  if (Processor* p = take_idle_processor_locked()) {
    remove_idle_machine_locked(m);
    leave_pinned_waiting_locked(m);
    attach(m, *p);
    return true;
  }
  s.timer_keeper = nullptr;  // all processors are held or paused: their holders and the monitor see to timers
  wake_monitor();
  return false;
}

bool work_anywhere() noexcept {
  Scheduler& s = scheduler();
  if (s.global_count.load(std::memory_order_acquire) != 0) return true;
  const std::uint32_t count = s.max_procs.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (s.processors[i]->wants_help()) return true;
  }
  const MonotonicNanos timer = next_timer();
  return timer != kNever && timer <= detail::monotonic_now();
}

bool give_to_idle_machine_locked(Machine& m, Processor& p) noexcept {
  if (!m.idle) return false;
  give_locked(m, p, false);
  wake_machine(m);
  return true;
}

void become_idle(Machine& m) noexcept {
  Scheduler& s = scheduler();
  {
    const SpinGuard guard(s.lock);
    if (s.global_count.load(std::memory_order_relaxed) != 0) return;
    release_processor_locked(m);  // P4
  }
  if (m.searching) {
    m.searching = false;
    s.searching.fetch_sub(1, std::memory_order_seq_cst);
  }
  detail::fence_seq_cst();       // P5, partner P2
  if (!work_anywhere()) return;  // P6
  const SpinGuard guard(s.lock);
  if (Processor* p = take_idle_processor_locked()) {
    attach(m, *p);
    m.searching = true;
    s.searching.fetch_add(1, std::memory_order_seq_cst);
  }
}

void sleep_as_idle(Machine& m) noexcept {
  PolledBatch batch;
  sleep_until_woken(m, batch);
  if (Processor* p = std::exchange(m.given, nullptr)) {
    attach(m, *p);
    m.searching = std::exchange(m.given_searching, false);
  }
  leave_poll_seat(m);
  if (batch.count != 0) tell_targets(batch);
}

void stop_machine(Machine& m) noexcept {
  Scheduler& s = scheduler();
  m.has_run = false;
  while (processor_of(m) == nullptr) {
    {
      const SpinGuard guard(s.lock);
      if (!m.pinned_queue.empty()) {
        if (Processor* p = take_idle_processor_locked()) {
          leave_pinned_waiting_locked(m);
          attach(m, *p);
          return;
        }
        wait_for_processor_locked(m);
      } else if (m.pinned_here.load(std::memory_order_relaxed) == 0 &&
                 s.idle_processor_count.load(std::memory_order_relaxed) != 0 && work_anywhere()) {
        // The processor was put there for want of a machine, since the last look; see start_machine_with().
        if (Processor* p = take_idle_processor_locked()) {
          attach(m, *p);
          return;
        }
      }
      push_idle_machine_locked(m);
      keep_timers_locked(m);
      take_free_seat_locked(m);
      if (s.idle_machine_count == s.machine_count && next_timer() == kNever && poll_waiters() == 0) {
        wake_monitor();  // a deadlock, perhaps
      }
    }
    sleep_as_idle(m);
  }
}

void add_idle_machine_locked(Machine& m) noexcept {
  push_idle_machine_locked(m);
  take_free_seat_locked(m);
}

void notice_timer_locked(MonotonicNanos when) noexcept {
  Scheduler& s = scheduler();
  if (s.timer_keeper == nullptr) {
    wake_monitor_soon();  // most often the machine that is about to sleep takes the watch over
  } else if (when < s.keeper_deadline) {
    have_look_again_locked(*s.timer_keeper);
  }
}

void notice_timer(MonotonicNanos when) noexcept {
  const SpinGuard guard(scheduler().lock);
  notice_timer_locked(when);
}

void wake_searcher() noexcept {
  Scheduler& s = scheduler();
  if (s.max_procs.load(std::memory_order_relaxed) == 1 && holds_processor()) return;  // the only one: none is idle
  detail::fence_seq_cst();                                                            // P2, partner P5
  if (s.idle_processor_count.load(std::memory_order_acquire) == 0) return;            // P3
  std::uint32_t none = 0;
  if (s.searching.load(std::memory_order_relaxed) != 0 ||
      !s.searching.compare_exchange_strong(none, 1, std::memory_order_seq_cst, std::memory_order_relaxed)) {
    return;
  }
  Processor* p;
  {
    const SpinGuard guard(s.lock);
    p = take_idle_processor_locked();
    // Under the lock: who puts a processor on the idle list after this, and is seen by the next adder, is not hidden
    // from it by a searcher that never was.
    if (p == nullptr) s.searching.fetch_sub(1, std::memory_order_seq_cst);
  }
  if (p != nullptr) start_machine_with(*p, true);
}

void start_machine_with(Processor& p, bool as_searcher) noexcept {
  Scheduler& s = scheduler();
  do {
    const SpinGuard guard(s.lock);
    if (hand_to_idle_machine_locked(p, as_searcher)) return;
  } while (new_machine());
  // Out of threads: those that exist must do. One may have gone to sleep since the first look; else the processor waits
  // for the first that comes by stop_machine().
  const SpinGuard guard(s.lock);
  if (hand_to_idle_machine_locked(p, as_searcher)) return;
  if (as_searcher) s.searching.fetch_sub(1, std::memory_order_seq_cst);
  empty_into_global_locked(p);  // where stop_machine() looks
  put_processor_locked(p);
}

bool hand_off_to_unpinned(Machine& m) noexcept {
  Processor& p = *processor_of(m);
  m.p.store(nullptr, std::memory_order_relaxed);
  do {
    const SpinGuard guard(scheduler().lock);
    if (hand_to_idle_machine_locked(p, false, Wanted::kUnpinned)) return true;
  } while (new_machine());
  attach(m, p);
  return false;
}

void hand_off_processor(Machine& m) noexcept {
  Processor& p = *processor_of(m);
  Scheduler& s = scheduler();
  if (m.searching) {
    m.searching = false;
    s.searching.fetch_sub(1, std::memory_order_seq_cst);
  }
  const bool paused = (s.attention.load(std::memory_order_relaxed) & Scheduler::kPaused) != 0;
  if (!paused && (p.has_queued() || s.global_count.load(std::memory_order_relaxed) != 0)) {
    m.p.store(nullptr, std::memory_order_relaxed);
    start_machine_with(p, false);
    return;
  }
  {
    const SpinGuard guard(s.lock);
    release_processor_locked(m);
    notice_timer_locked(p.wheel.next_when());
  }
  // As in become_idle: what was published after the look above is either seen here or its adder sees the idle
  // processor.
  detail::fence_seq_cst();
  if (work_anywhere()) wake_searcher();
}

}  // namespace weft::sched
