// The runtime's life: started by the first run(), go() or blocking primitive; paused when run() returns; resized live.
#include <pthread.h>
#include <algorithm>
#include <csignal>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <system_error>

#include "os/membarrier.h"
#include "os/stack_memory.h"
#include "sched/cpu_follower.h"
#include "sched/crash.h"
#include "sched/fork.h"
#include "sched/monitor.h"
#include "sched/scheduler.h"
#include "sched/stack_pool.h"
#include "weft/runtime.h"

namespace weft::sched {

using detail::SpinGuard;

constinit Scheduler the_scheduler;

namespace {

detail::Atomic<bool> started{false};
constinit std::mutex start_mutex;

// Processors are never freed: a thief may look at one that has just been retired.
Processor* make_processor(std::uint32_t index) {
  void* memory = os::reserve_memory(sizeof(Processor), os::page_bytes());
  if (memory == nullptr)
    throw std::system_error(std::make_error_code(std::errc::not_enough_memory), "weft: no memory for a processor");
  sanitizer_add_root(memory, sizeof(Processor));  // its wheel has armed timers
  auto* p = ::new (memory) Processor();
  p->index = index;
  p->random_state = (index + 1) * 0x9E3779B9u;
  return p;
}

void make_processors_up_to(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    if (scheduler().processors[i] != nullptr) continue;
    scheduler().processors[i] = make_processor(i);
    scheduler().processors_made.store(i + 1, std::memory_order_release);
  }
}

void start_processors() {
  Scheduler& s = scheduler();
  s.config = read_config();
  if (!os::register_membarrier()) {
    throw std::system_error(std::make_error_code(std::errc::operation_not_permitted),
                            "weft: needs membarrier(2) or sched_setaffinity(2), and both are refused");
  }
  const auto count = static_cast<std::uint32_t>(s.config.max_procs);
  make_processors_up_to(count);
  if (s.config.follows_cpu_limit) begin_to_follow();
  const SpinGuard guard(s.lock);
  s.max_procs.store(count, std::memory_order_release);
  for (std::uint32_t i = count; i-- > 0;) {
    s.processors[i]->idle_next = s.idle_processors;
    s.idle_processors = s.processors[i];
  }
  s.idle_processor_count.store(count, std::memory_order_seq_cst);
}

// A start that failed for want of threads may be tried again: what stands by then stands only once. The handlers come
// where they can work: those of fork() with the first thing that a child must forget, the reports with the monitor.
void start_locked() {
  Scheduler& s = scheduler();
  if (s.max_procs.load(std::memory_order_relaxed) == 0) {
    start_processors();
    install_fork_handlers();
  }
  if (s.machines.load(std::memory_order_relaxed) == nullptr && !new_machine()) {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                            "weft: not one thread can be made (ulimit -u, a pids cgroup, or no memory for its stack)");
  }
  start_monitor();
  install_crash_reports();  // once: a start that failed has not come here
}

// Idle processors beyond the new count leave the idle list now, held ones at their holder's next pick.
void shrink_locked(std::uint32_t count) noexcept {
  Scheduler& s = scheduler();
  const std::uint32_t before = s.max_procs.load(std::memory_order_relaxed);
  s.max_procs.store(count, std::memory_order_release);
  for (std::uint32_t i = count; i < before; ++i) {
    Processor& p = *s.processors[i];
    ++s.surplus_processors;
    Processor** at = &s.idle_processors;
    while (*at != nullptr && *at != &p) at = &(*at)->idle_next;
    if (*at == nullptr) continue;
    *at = p.idle_next;
    s.idle_processor_count.fetch_sub(1, std::memory_order_seq_cst);
    retire_processor_locked(p);
  }
  if (s.surplus_processors > 0) s.attention.fetch_or(Scheduler::kResized, std::memory_order_release);
}

void grow_locked(std::uint32_t count) noexcept {
  Scheduler& s = scheduler();
  const std::uint32_t before = s.max_procs.load(std::memory_order_relaxed);
  s.max_procs.store(count, std::memory_order_release);
  for (std::uint32_t i = before; i < count; ++i) {
    Processor& p = *s.processors[i];
    if (p.held) {  // its holder has not yet noticed that it was surplus
      --s.surplus_processors;
    } else {
      put_processor_locked(p);
    }
  }
  if (s.surplus_processors == 0) s.attention.fetch_and(~Scheduler::kResized, std::memory_order_release);
}

std::uint32_t resize(std::uint32_t count) noexcept {
  Scheduler& s = scheduler();
  const detail::Section section;
  std::uint32_t before;
  {
    const SpinGuard guard(s.lock);
    before = s.max_procs.load(std::memory_order_relaxed);
    if (count < before) {
      shrink_locked(count);
    } else {
      grow_locked(count);
    }
  }
  wake_searcher();
  wake_monitor();  // it sees to held processors that are surplus now
  return before;
}

int change_max_procs(std::uint32_t count) {
  {
    // Not longer: a goroutine may be stopped for good at its next section, when run() returns.
    const std::scoped_lock one_at_a_time(start_mutex);
    make_processors_up_to(count);
    end_following();
  }
  return static_cast<int>(resize(count));
}

}  // namespace

bool has_started() noexcept { return started.load(std::memory_order_relaxed); }

void start_runtime() {
  if (started.load(std::memory_order_acquire)) return;
  const std::scoped_lock guard(start_mutex);
  if (started.load(std::memory_order_relaxed)) return;
  start_locked();
  started.store(true, std::memory_order_release);
}

// The lock is held throughout, so that whoever sets a number by hand does so after, and has the last word. Not waited
// for: its holder may be in need of the monitor.
bool try_follow_to(std::uint32_t max_procs) noexcept {
  const std::unique_lock guard(start_mutex, std::try_to_lock);
  if (!guard.owns_lock()) return false;
  if (!follows_cpu_limit()) return true;
  try {
    make_processors_up_to(max_procs);
  } catch (const std::exception&) {  // no memory, no thread: at the next look
    return false;
  }
  if (max_procs != scheduler().max_procs.load(std::memory_order_relaxed)) resize(max_procs);
  return true;
}

void lock_start() noexcept { start_mutex.lock(); }
void unlock_start() noexcept { start_mutex.unlock(); }

// Threads may be in run() side by side; the last one out turns off the light.
void begin_main() noexcept {
  {
    const SpinGuard guard(scheduler().lock);
    ++scheduler().mains;
  }
  resume_runtime();
}

void end_main() noexcept {
  Scheduler& s = scheduler();
  Goroutine* self = detail::self();
  {
    const SpinGuard guard(s.lock);
    if (--s.mains != 0) return;
    s.last_main.store(self, std::memory_order_relaxed);
    s.attention.fetch_or(Scheduler::kPaused, std::memory_order_seq_cst);
  }
  take_all_processors();
  wake_monitor();  // for those that are inside the runtime now
}

void resume_runtime() noexcept {
  Scheduler& s = scheduler();
  if ((s.attention.load(std::memory_order_acquire) & Scheduler::kPaused) == 0) return;
  {
    const SpinGuard guard(s.lock);
    s.attention.fetch_and(~Scheduler::kPaused, std::memory_order_seq_cst);
    serve_pinned_from_idle_locked();
  }
  wake_searcher();
  wake_monitor();
}

void resume_for_spawn() noexcept {
  if ((scheduler().attention.load(std::memory_order_acquire) & Scheduler::kPaused) != 0 && !on_monitor())
    resume_runtime();
}

}  // namespace weft::sched

namespace weft {

int set_max_procs(int n) {
  sched::start_runtime();
  if (n <= 0) return max_procs();
  if (n > detail::kMaxProcessors) {
    throw usage_error("weft::set_max_procs(" + std::to_string(n) + "): allowed are 1 to " +
                      std::to_string(detail::kMaxProcessors));
  }
  return sched::change_max_procs(static_cast<std::uint32_t>(n));
}

namespace detail {

void run_main(FunctionRef main_fn, const int& exit_code) {
  if (on_goroutine()) throw usage_error("weft::run: called from a goroutine; there is one runtime a process");
  sched::start_runtime();
  struct Main {
    Main() noexcept { sched::begin_main(); }
    ~Main() { sched::end_main(); }
    Main(const Main&) = delete;
    Main& operator=(const Main&) = delete;
  } const until_return;
  TaskCompletion finished;
  spawn_goroutine(GoOptions{.name = "main", .stack_bytes = sched::kMainStackBytes}, [&] {
    main_fn();
    sched::end_forked_child(*self(), exit_code);
    finished.complete();
  });
  finished.wait();
}

}  // namespace detail
}  // namespace weft
