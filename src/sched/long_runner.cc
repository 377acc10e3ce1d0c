#include "sched/long_runner.h"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/fatal.h"
#include "os/cpu_timer.h"
#include "os/symbolize.h"
#include "os/unwind.h"
#include "sched/dump.h"
#include "sched/scheduler.h"
#include "sched/thread_signal.h"

namespace weft::sched {

using detail::MonotonicNanos;
using detail::Section;
using detail::SpinGuard;

namespace {

constexpr std::uint32_t kNone = 0, kAsked = 1, kAnswering = 2, kAnswered = 3;
constexpr std::size_t kKept = 4;
constexpr MonotonicNanos kSecond = 1'000'000'000;
constexpr MonotonicNanos kSoon = 1;  // at the next tick of the clock that hits the thread

struct Record {
  std::uint64_t id = 0;  // 0: none
  detail::GoroutineName name{};
  MonotonicNanos seen_at = 0;
  std::size_t count = 0;
  std::array<std::uintptr_t, 32> addresses{};
};

// The fields below `state` are the monitor's before kAsked, the handler's while kAnswering, the collector's after.
struct Request {
  detail::Atomic<std::uint32_t> state{kNone};
  detail::Atomic<const Machine*> machine{nullptr};
  detail::Atomic<std::uint64_t> goroutine_id{0};
  timer_t timer{};
  Record record;
};

struct Kept {
  detail::SpinLock lock;
  std::array<Record, kKept> records;  // a ring
  std::uint64_t total = 0;
};

constinit Request the_request;
constinit Kept kept;
constinit detail::Atomic<MonotonicNanos> period{kSecond};
MonotonicNanos next_time = 0;  // the monitor's own

// Its processor was taken when it was asked about; it comes by when it answers for that. It may be asked for its next
// processor in the same way, or the thread run another goroutine: that one's is another number.
bool has_come_by() noexcept {
  const Machine* m = the_request.machine.load(std::memory_order_relaxed);
  const Goroutine* g = m->g.load(std::memory_order_relaxed);
  return m->request.load(std::memory_order_relaxed) != detail::StealRequest::kTaken || g == nullptr ||
         g->id != the_request.goroutine_id.load(std::memory_order_relaxed);
}

// Takes the answer, or the question back if nobody will answer it. True: there is a new record.
bool collect() noexcept {
  const Section section;
  const SpinGuard guard(kept.lock);
  std::uint32_t state = the_request.state.load(std::memory_order_acquire);
  if (state == kAnswered) {
    os::stop_cpu_timer(the_request.timer);
    const bool found = the_request.record.count != 0;
    if (found) kept.records[kept.total++ % kKept] = the_request.record;
    the_request.state.store(kNone, std::memory_order_release);
    return found;
  }
  if (state == kAsked && has_come_by() &&
      the_request.state.compare_exchange_strong(state, kAnswering, std::memory_order_acq_rel)) {
    os::stop_cpu_timer(the_request.timer);
    the_request.state.store(kNone, std::memory_order_release);
  }
  return false;
}

std::array<Record, kKept> latest_first() noexcept {
  const Section section;
  const SpinGuard guard(kept.lock);
  std::array<Record, kKept> records;
  for (std::size_t i = 0; i < kKept; ++i) records[i] = kept.records[(kept.total + kKept - 1 - i) % kKept];
  return records;
}

std::string describe(const Record& record) {
  const char* name = record.name.data();
  return fmt::format("goroutine {}{}", record.id, *name == '\0' ? "" : fmt::format(" \"{}\"", name));
}

void write_trace(const Record& record) noexcept {
  try {
    const os::SourceLocation at = os::symbolize(record.addresses[0], false);
    const std::string where = at.function.empty() ? fmt::format("{:#x}", record.addresses[0]) : at.function;
    base::write_all(STDERR_FILENO, fmt::format("SCHED long runner: {} in {}\n", describe(record), where));
  } catch (...) {
    base::write_all(STDERR_FILENO, "SCHED long runner: out of memory\n");
  }
}

}  // namespace

void ask_long_runner(const Machine& m, const Goroutine& g, MonotonicNanos now) noexcept {
  if (!scheduler().config.long_runners || now < next_time) return;
  if (the_request.state.load(std::memory_order_acquire) != kNone || !install_signal_handler()) return;
  next_time = now + period.load(std::memory_order_relaxed);
  the_request.machine.store(&m, std::memory_order_relaxed);
  the_request.goroutine_id.store(g.id, std::memory_order_relaxed);
  the_request.record.seen_at = now;
  const SpinGuard guard(kept.lock);  // for the collector is to find the timer
  the_request.state.store(kAsked, std::memory_order_release);
  if (!os::start_cpu_timer(m.thread_id, kThreadSignal, &the_request, kSoon, the_request.timer)) {
    the_request.state.store(kNone, std::memory_order_relaxed);
  }
}

void see_to_long_runner() noexcept {
  if (the_request.state.load(std::memory_order_relaxed) == kNone || !collect()) return;
  if (scheduler().config.schedtrace_nanos > 0) write_trace(latest_first()[0]);
}

bool answer_long_runner(const void* value) noexcept {
  if (value != &the_request) return false;
  const auto* m = static_cast<const Machine*>(detail::current_machine());
  std::uint32_t asked = kAsked;
  if (m == nullptr || m != the_request.machine.load(std::memory_order_relaxed) ||
      !the_request.state.compare_exchange_strong(asked, kAnswering, std::memory_order_acq_rel)) {
    return true;
  }
  Record& record = the_request.record;
  record.count = 0;
  if (!has_come_by()) {
    const Goroutine& g = *m->g.load(std::memory_order_relaxed);
    record.id = g.id.load(std::memory_order_relaxed);
    record.name = detail::name_of(g);
    record.count = os::unwind_interrupted(record.addresses);
  }
  the_request.state.store(kAnswered, std::memory_order_release);
  return true;
}

void write_long_runners(int fd) {
  collect();
  std::string text;
  for (const Record& record : latest_first()) {
    if (record.id == 0) continue;
    const MonotonicNanos seconds = (detail::monotonic_now() - record.seen_at) / kSecond;
    text += fmt::format("{} s ago, {}:\n", seconds, describe(record));
    append_frames(text, {record.addresses.data(), record.count});
    text += '\n';
  }
  if (!text.empty()) base::write_all(fd, "long runners seen lately:\n\n" + text);
}

void reset_long_runners_after_fork() noexcept {
  kept.lock.unlock();
  the_request.state.store(kNone, std::memory_order_relaxed);
}

void set_long_runner_period_for_testing(MonotonicNanos nanos) noexcept {
  period.store(nanos, std::memory_order_relaxed);
}

}  // namespace weft::sched
