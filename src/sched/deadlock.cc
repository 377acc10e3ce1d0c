// When is it sure? Every machine sleeps, nothing is ready, no timer is armed, and every thread of the process that is
// not weft's is itself blocked in a weft primitive. A thread that is not could still send, unlock or cancel: then weft
// is silent, and SIGQUIT shows the goroutines.
#include "sched/deadlock.h"

#include <unistd.h>

#include "base/fatal.h"
#include "os/thread.h"
#include "sched/dump.h"
#include "sched/poller.h"
#include "sched/sanitizer.h"
#include "sched/scheduler.h"
#include "weft/runtime.h"

namespace weft::sched {
namespace {

#ifdef WEFT_TSAN
constexpr int kSanitizerThreads = 1;
#else
constexpr int kSanitizerThreads = 0;
#endif
constexpr int kMonitorThreads = 1;

enum class Verdict { kNo, kOnlyStrangersCanHelp, kYes };

Verdict judge() noexcept {
  Scheduler& s = scheduler();
  const detail::SpinGuard guard(s.lock);
  if (s.attention.load(std::memory_order_relaxed) != 0) return Verdict::kNo;  // paused, resizing, pinned work waits
  if (s.idle_machine_count != s.machine_count) return Verdict::kNo;
  if (s.idle_processor_count.load(std::memory_order_relaxed) != s.max_procs.load(std::memory_order_relaxed))
    return Verdict::kNo;
  if (poll_waiters() != 0) return Verdict::kNo;
  if (!s.global.empty() || next_timer() != detail::kNever) return Verdict::kNo;
  const std::uint64_t wakes = s.thread_wakes.load(std::memory_order_seq_cst);
  const std::int32_t parked_threads = s.threads_in_park.load(std::memory_order_seq_cst);
  if (parked_threads == 0 && num_goroutines() == 0) return Verdict::kNo;
  const int threads = os::count_threads();
  if (threads < 0) return Verdict::kNo;
  const int strangers = threads - static_cast<int>(s.machine_count) - kMonitorThreads - kSanitizerThreads;
  if (strangers > parked_threads) return Verdict::kOnlyStrangersCanHelp;
  // One of those counted as parked may have been woken, or a timer been armed for it, by a thread that ended before the
  // threads were counted.
  const bool stood_still = s.thread_wakes.load(std::memory_order_seq_cst) == wakes && next_timer() == detail::kNever;
  return stood_still ? Verdict::kYes : Verdict::kOnlyStrangersCanHelp;
}

}  // namespace

bool report_if_deadlocked() noexcept {
  const Verdict verdict = judge();
  if (verdict != Verdict::kYes) return verdict == Verdict::kOnlyStrangersCanHelp;
  base::write_all(STDERR_FILENO, "fatal error: all goroutines are asleep - deadlock!\n\n");
  write_dump(STDERR_FILENO);
  ::_exit(2);
}

}  // namespace weft::sched
