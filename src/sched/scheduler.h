// Decides which goroutine runs next, on which machine, and when a machine may sleep. The state, the invariants, the
// map.
//
// WORDS      goroutine   code with its own stack           machine  an OS thread
//            processor   the right to run goroutines: a run queue, timers, caches; as many as max_procs
//            searching   a machine that has a processor, nothing to run, and looks at the others' queues
//
//   goroutine ready --> runnext | ring of a processor | global queue | a pinned goroutine's machine
//   machine: pick (pick.cc) --> switch to it (switch.cc) --> it parks, yields, ends --> pick
//            nothing to run: search, give the processor up, sleep (idle.cc) --> woken with a processor --> pick
//   monitor (monitor.cc): takes processors from machines that stay in user code, fires what is late, reports
//
// INVARIANTS [sched.I1] a ready goroutine is in exactly one place: a runnext slot, a ring, the global queue, or the
//                       queue of the machine to which it is pinned
//            [sched.I2] at rest no processor is idle while the global queue, or a ring that wants help, holds a
//                       goroutine
//            [sched.I3] a goroutine that waits in runnext behind user code, or in a ring that did not want help, runs
//                       when the holder comes by; if it does not, the monitor takes the processor, or has the ring want
//                       help
//            [sched.I4] a processor is held by one machine, or in the idle list, or beyond max_procs (parked)
//            [sched.I5] the context of a goroutine is saved before anybody can make it ready: the commit runs after the
//                       switch
// PROTOCOL   no lost wake-up (after Go's proc.go and Dekker)
//            the adder    [sched.P1] publishes the goroutine [sched.P2] full fence [sched.P3] an idle processor and
//                         nobody searching? becomes the searcher's midwife: wakes one machine, already counted as
//                         searching
//            the sleeper  [sched.P4] puts its processor on the idle list, stops counting as searching [sched.P5] full
//                         fence
//                         [sched.P6] looks at every ring, the global queue and the timers once more
//            runnext      needs no wake-up: its owner runs it when the current goroutine waits, else I3
// LOCKS      Scheduler::lock, then nothing. A wheel's lock, the stack pool's lock: leaves.
// REJECTED   [sched.R1] a wake-up for whatever is made ready (Go): it costs the waker some microseconds, the other core
//            starts 25 us later, and each goroutine's memory moves over to it. Ping-pong between two goroutines, the
//            stages of a pipeline and a thousand goroutines of 50 ns each are done before. So a ring must be worth it,
//            by the sampled length of runs (run_length.h, Processor::wants_help); if one turns out long after all, the
//            monitor notices within a millisecond (bench spawn/batch@2, lab scenario 3)
// SHUTDOWN   the last run() returns: `paused` is set, machines stop at their next pick. The next run() or go() clears
//            it, and so does the next wait for others of the thread that was in run()
// EVIDENCE   tests/model/wake_model.cc: I2; removing P2 or P5 fails it. tests/stress/sched_stress.cc over 1..64
//            processors
#pragma once

#include <cstdint>

#include "sched/config.h"
#include "sched/global_queue.h"
#include "sched/machine.h"
#include "sched/processor.h"
#include "weft/detail/spin_lock.h"

namespace weft::sched {

struct Scheduler {
  // read on every pick, hardly ever written
  /// Why a machine must go through its scheduler loop at the next pick: any of the bits below. Changed under lock.
  static constexpr std::uint32_t kPaused = 1, kPinnedWaiting = 2, kResized = 4;
  alignas(64) detail::Atomic<std::uint32_t> attention{0};
  detail::Atomic<std::uint32_t> max_procs{0};
  detail::Atomic<std::uint32_t> monitor_sleeps{0};  // the monitor's futex; 1: whoever makes work wait may wake it
  detail::Atomic<detail::MonotonicNanos> monitor_wakes_at{detail::kNever};  // while it sleeps; at the latest
  detail::Atomic<std::uint8_t> fork_generation{0};  // how often this process is a fork()'s child
  Goroutine* child_main = nullptr;                  // the one that forked this process, which ends with it
  Config config;
  Processor* processors[detail::kMaxProcessors] = {};  // made on demand, never freed; [0, max_procs) are in use
  detail::Atomic<std::uint32_t> processors_made{
      0};  // release after the pointer; those beyond max_procs may yet be held

  // who may be woken: P2..P6
  alignas(64) detail::Atomic<std::uint32_t> idle_processor_count{0};  // written under lock
  detail::Atomic<std::uint32_t> searching{0};
  detail::Atomic<std::uint32_t> global_count{0};  // written under lock

  alignas(64) detail::SpinLock lock;
  // under lock
  GlobalQueue global;
  Machine* idle_machines = nullptr;  // LIFO: the warmest first
  std::uint32_t idle_machine_count = 0;
  Processor* idle_processors = nullptr;
  Machine* pinned_waiting = nullptr;  // machines with pinned work and no processor
  Machine* timer_keeper = nullptr;    // the idle machine that sleeps until the next timer
  detail::MonotonicNanos keeper_deadline = detail::kNever;
  detail::Atomic<Machine*> poll_keeper{nullptr};  // the machine that sleeps in the poller; see [poll.I1]
  std::uint32_t machine_count = 0;                // made and not failed
  std::uint32_t machines_numbered = 0;            // given out as Machine::index
  Machine* spare_machines = nullptr;              // numbered, but there was no thread for them
  std::uint32_t surplus_processors = 0;           // held beyond max_procs after a resize
  std::uint32_t mains = 0;                        // calls of run() under way
  detail::Atomic<Goroutine*> last_main{nullptr};  // stands for the thread whose run() paused; read without the lock
  bool thread_shortage_reported = false;

  alignas(64) detail::Atomic<detail::MonotonicNanos> coarse_now{0};  // the monitor's
  detail::Atomic<Machine*> machines{nullptr};                        // all ever made; push only
  detail::Atomic<std::uint64_t> next_goroutine_id{1};
  detail::Atomic<std::int64_t> foreign_spawned{0};  // by plain threads
  detail::Atomic<std::int32_t> threads_in_park{0};  // plain threads blocked in a primitive
  detail::Atomic<std::uint64_t> thread_wakes{0};    // how many were counted out of there, ever; see deadlock.cc
  TimerWheel shared_wheel;                          // timers armed by plain threads
};

/// Nobody sleeps in the poller, so those who run look by themselves.
inline bool poll_seat_is_free(const Scheduler& s) noexcept {
  return s.poll_keeper.load(std::memory_order_relaxed) == nullptr;
}

/// True when the holder of `p` is to give it up: the runtime is paused, or max_procs became smaller.
inline bool must_give_up(const Scheduler& s, const Processor& p) noexcept {
  return (s.attention.load(std::memory_order_relaxed) & Scheduler::kPaused) != 0 ||
         p.index >= s.max_procs.load(std::memory_order_relaxed);
}

/// What a machine's wake_word says. kGiven overrides kLookAgain: the keeper that is given a processor has no timers to
/// look at.
inline constexpr std::uint32_t kAsleep = 0, kGiven = 1, kLookAgain = 2;

/// The one runtime of the process.
extern constinit Scheduler the_scheduler;
inline Scheduler& scheduler() noexcept { return the_scheduler; }

// start.cc: the runtime's life
void start_runtime();  // idempotent; throws std::system_error, and may then be tried again
bool has_started() noexcept;
void begin_main() noexcept;  // a run() begins: as resume_runtime()
void end_main() noexcept;    // the last one pauses the runtime: machines stop at their next pick or section
void resume_runtime() noexcept;
void resume_for_spawn() noexcept;  // a plain thread starts a goroutine; a timer that fires after run() does not resume
bool try_follow_to(std::uint32_t max_procs) noexcept;  // the monitor's resize; false: not now
void lock_start() noexcept;                            // no start, no resize meanwhile
void unlock_start() noexcept;

/// One in so many that become ready is timed: how long it waits, how long it runs. Not more, for the clock costs as
/// much as a switch; a prime, so that goroutines which take turns have theirs.
inline void sample(Processor& p, Goroutine* g) noexcept {
  constexpr std::uint32_t kEvery = 61;
  if (p.sample_countdown-- != 0) return;
  p.sample_countdown = kEvery - 1;
  g->ready_since = detail::monotonic_now();
}

// queue.cc: where ready goroutines go, all but the pinned ones
void push_ring_quietly(Processor& p, Goroutine* g) noexcept;   // at the tail; for one that was running
void push_runnext(Machine& m, Goroutine* g) noexcept;          // who was there goes to the ring
void push_ring(Machine& m, Goroutine* g) noexcept;             // at the tail, with the wake-up if it wants help: R1
void push_global(Goroutine* g) noexcept;                       // with the wake-up
Goroutine* take_global(Machine& m) noexcept;                   // a fair share into the ring, one to run
void empty_runnext_into_global_locked(Processor& p) noexcept;  // the processor rests
void empty_into_global_locked(Processor& p) noexcept;          // the processor goes away

// pick.cc: which goroutine is next
Goroutine* pick(Machine& m) noexcept;  // blocks the machine until there is one and it has a processor

// processors.cc: who holds one
void attach(Machine& m, Processor& p) noexcept;
Processor* take_idle_processor_locked() noexcept;
void release_processor_locked(Machine& m) noexcept;
void put_processor_locked(Processor& p) noexcept;     // to who waits for one, the idle list, or away
void retire_processor_locked(Processor& p) noexcept;  // beyond max_procs: what it holds goes to the others

// idle.cc: who sleeps, who is woken
bool work_anywhere() noexcept;           // the global queue, a ring that wants help, a due timer
void wake_searcher() noexcept;           // P2, P3
void become_idle(Machine& m) noexcept;   // P4..P6; on return look again
void stop_machine(Machine& m) noexcept;  // sleeps until woken; m.p is set on return
void start_machine_with(Processor& p, bool as_searcher) noexcept;  // hands a held processor to an idle or new machine
void hand_off_processor(Machine& m) noexcept;    // m's processor to who needs it: another machine, or the idle list
bool hand_off_to_unpinned(Machine& m) noexcept;  // the same, to one that can run anything; false: out of threads
bool give_to_idle_machine_locked(Machine& m, Processor& p) noexcept;  // false: m is not idle
void add_idle_machine_locked(Machine& m) noexcept;                    // a new one, whose thread then calls
void sleep_as_idle(Machine& m) noexcept;                              // this first
void notice_timer(detail::MonotonicNanos when) noexcept;              // earlier than the keeper may know of
void notice_timer_locked(detail::MonotonicNanos when) noexcept;

void remove_idle_machine_locked(Machine& m) noexcept;
void have_look_again_locked(Machine& m) noexcept;  // an idle one: it sleeps on, in another way or until another time
bool keeper_deadline_passed(Machine& m) noexcept;  // the keeper slept until the next timer. True: it took a processor

// poll_seat.cc: who sleeps in the poller
struct PolledBatch;
void take_free_seat_locked(Machine& m) noexcept;  // an idle one
void seat_a_poller() noexcept;                    // some idle machine takes it, if it is free and there is one
void leave_poll_seat(Machine& m) noexcept;        // awake and out of the poller, not before [poll.I1]
/// The one who has the seat. True: it took a processor, or is given one at this moment, and the batch is its to tell.
bool sleep_in_poller(Machine& m, PolledBatch& batch, detail::MonotonicNanos deadline) noexcept;

// pinned.cc: goroutines that run on one machine only
void push_pinned(Goroutine* g) noexcept;
Goroutine* pop_pinned(Machine& m) noexcept;
bool accept(Machine& m, Goroutine* g) noexcept;       // false: not here; it has been passed on
void wait_for_processor_locked(Machine& m) noexcept;  // m has pinned work and no processor
void leave_pinned_waiting_locked(Machine& m) noexcept;
void serve_pinned_from_idle_locked() noexcept;
bool serve_pinned_waiter(Machine& m) noexcept;  // true: m's processor went to a machine that waits for one

// timers.cc
detail::MonotonicNanos next_timer() noexcept;
std::size_t run_due_timers(detail::MonotonicNanos now) noexcept;  // of all wheels

// switch.cc
void begin_run(Machine& m, Goroutine* g) noexcept;  // before the switch to g
void switch_to(Machine& m, Goroutine* from, Goroutine* to) noexcept;
void leave_goroutine(Machine& m, AfterSwitch after) noexcept;  // to what is next
void goroutine_main();
[[noreturn]] void run_scheduler_loop(Machine& m);

// machine_pool.cc
bool new_machine() noexcept;  // adds an idle machine; false: out of threads (reported)

// monitor.cc
void wake_monitor() noexcept;       // from its deep sleep; cheap when it is awake
void wake_monitor_soon() noexcept;  // the same, unless it wakes up by itself within kMonitorDelay
void wake_monitor_by(detail::MonotonicNanos when) noexcept;  // the same, unless it wakes up by itself until then

/// How long what only the monitor would notice may wait for it to wake up by itself.
inline constexpr detail::MonotonicNanos kMonitorDelay = 2'000'000;

/// To be called after something was queued, or armed, where only the monitor would notice that its owner does not come
/// by. The monitor's side: monitor_sleeps = 1, membarrier, a last look; so the fence here is the compiler's alone.
inline void notice_work() noexcept {
  detail::compiler_barrier();
  if (scheduler().monitor_sleeps.load(std::memory_order_relaxed) != 0) [[unlikely]]
    wake_monitor_soon();
}

/// A millisecond late at most.
inline detail::MonotonicNanos coarse_now() noexcept {
  const Scheduler& s = scheduler();
  return s.monitor_sleeps.load(std::memory_order_relaxed) == 0 ? s.coarse_now.load(std::memory_order_relaxed)
                                                               : detail::monotonic_now();
}

}  // namespace weft::sched
