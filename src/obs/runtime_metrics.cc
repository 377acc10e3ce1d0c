// The runtime's metrics: one row each, with where its value comes from.
#include <algorithm>
#include <limits>

#include "os/memory_limit.h"
#include "sched/cpu_follower.h"
#include "sched/monitor.h"
#include "sched/scheduler.h"
#include "sched/stack_pool.h"
#include "weft/metrics.h"
#include "weft/runtime.h"

namespace weft::metrics {
namespace {

using detail::Goroutine;
using detail::Processor;
using detail::Status;
using sched::LatencyHistogram;
using sched::scheduler;

struct GoroutineStates {
  std::uint64_t running = 0, runnable = 0, waiting = 0, outside = 0;
};

// Running without a processor: in foreign code from which the monitor (or weft::blocking) took it.
bool has_processor(const Goroutine& g) noexcept {
  const sched::Machine* m = g.machine.load(std::memory_order_relaxed);
  return m != nullptr && m->request.load(std::memory_order_relaxed) != detail::StealRequest::kTaken;
}

GoroutineStates count_states() noexcept {
  GoroutineStates states;
  sched::stack_pool().for_each([&](const Goroutine* g) {
    switch (g->status.load(std::memory_order_relaxed)) {
      case Status::kRunning:
        ++(has_processor(*g) ? states.running : states.outside);
        break;
      case Status::kRunnable:
        ++states.runnable;
        break;
      case Status::kParked:
        ++states.waiting;
        break;
      case Status::kDead:
      case Status::kFresh:
        break;
    }
  });
  return states;
}

template <class Read>
std::uint64_t sum_processors(Read&& read) noexcept {
  std::int64_t sum = 0;
  for (const Processor* p : scheduler().processors) {
    if (p != nullptr) sum += read(*p);
  }
  return sum > 0 ? static_cast<std::uint64_t>(sum) : 0;
}

HistogramValue queue_latencies() {
  HistogramValue h;
  for (std::uint32_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) {
    std::uint64_t count = 0;
    for (const Processor* p : scheduler().processors) count += p != nullptr ? p->queue_latency.count(bucket) : 0;
    h.bounds.push_back(static_cast<double>(LatencyHistogram::lower_bound(bucket)) * 1e-9);
    h.counts.push_back(count);
  }
  h.bounds.push_back(std::numeric_limits<double>::infinity());
  return h;
}

// What the container grants, and what it cost.
void append_limits(std::vector<Sample>& all) {
  constexpr double kMillis = 1000;
  const auto count = [](std::int64_t n) { return static_cast<std::uint64_t>(std::max<std::int64_t>(0, n)); };
  const os::CpuLimits& limits = sched::cpu_limits();
  const os::CpuThrottling throttling = limits.throttling();
  all.push_back({"/weft/cpu/quota:millicpus", "CPU quota of the container or a group above it; 0: none.", Kind::kGauge,
                 static_cast<std::uint64_t>(limits.read().quota * kMillis + 0.5)});
  all.push_back({"/weft/cpu/quota/periods:periods", "Periods of that quota in which the group ran.", Kind::kCounter,
                 count(throttling.periods)});
  all.push_back({"/weft/cpu/quota/throttled:periods", "Periods in which the quota was used up and the group stopped.",
                 Kind::kCounter, count(throttling.throttled)});
  all.push_back({"/weft/cpu/quota/throttled-time:nanoseconds", "How long the group was stopped, summed over its CPUs.",
                 Kind::kCounter, count(throttling.throttled_nanos)});
  all.push_back({"/weft/memory/limit:bytes", "Memory limit of the container or a group above it; 0: none.",
                 Kind::kGauge, os::read_memory_limit().tightest()});
}

std::uint64_t threads_made() noexcept {
  const detail::SpinGuard guard(scheduler().lock);
  return scheduler().machine_count + 1u;  // and the monitor's
}

std::uint64_t threads_idle() noexcept {
  const detail::SpinGuard guard(scheduler().lock);
  return scheduler().idle_machine_count;
}

}  // namespace

std::vector<Sample> read() {
  const auto processors = static_cast<std::uint64_t>(max_procs());  // starts the runtime
  const GoroutineStates states = count_states();
  const sched::MonitorCounters monitor = sched::monitor_counters();
  const sched::StackPool::Usage stacks = sched::stack_pool().usage();
  const auto foreign = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, scheduler().foreign_spawned.load(std::memory_order_relaxed)));
  std::vector<Sample> all = {
      {"/sched/gomaxprocs:threads", "Processors: how many goroutines run at the same time at most.", Kind::kGauge,
       processors},
      {"/sched/goroutines:goroutines", "Live goroutines.", Kind::kGauge, num_goroutines()},
      {"/sched/goroutines/running:goroutines", "Goroutines that run and hold a processor.", Kind::kGauge,
       states.running},
      {"/sched/goroutines/runnable:goroutines", "Goroutines that are ready and wait for a processor.", Kind::kGauge,
       states.runnable},
      {"/sched/goroutines/waiting:goroutines", "Goroutines that are parked.", Kind::kGauge, states.waiting},
      {"/sched/goroutines/not-in-go:goroutines", "Goroutines that run foreign or spinning code without a processor.",
       Kind::kGauge, states.outside},
      {"/sched/goroutines-created:goroutines", "Goroutines started since the program's start.", Kind::kCounter,
       foreign + sum_processors([](const Processor& p) { return p.spawned.read(); })},
      {"/sched/latencies:seconds", "How long ready goroutines waited in a run queue; one in 64 is timed.",
       Kind::kHistogram, 0, queue_latencies()},
      {"/sched/threads/total:threads", "Threads of the runtime.", Kind::kGauge, threads_made()},
      {"/weft/sched/threads/idle:threads", "Machines that sleep.", Kind::kGauge, threads_idle()},
      {"/weft/sched/switches:switches", "Times that a goroutine was put on a processor.", Kind::kCounter,
       sum_processors([](const Processor& p) { return p.switches.read(); })},
      {"/weft/sched/steals:steals", "Times that a processor took work from another's queue.", Kind::kCounter,
       sum_processors([](const Processor& p) { return p.steals_from_others.read(); })},
      {"/weft/sched/handoffs/blocked:handoffs", "Processors taken from goroutines blocked in foreign code.",
       Kind::kCounter, monitor.handoffs_blocked},
      {"/weft/sched/handoffs/long-running:handoffs",
       "Processors taken from goroutines that ran too long while others waited.", Kind::kCounter,
       monitor.handoffs_spinning},
      {"/weft/sched/monitor/wakeups:wakeups", "Rounds of the monitor.", Kind::kCounter, monitor.wakeups},
      {"/weft/stacks/reserved:bytes", "Address space reserved for stacks.", Kind::kGauge, stacks.reserved_bytes},
      {"/weft/stacks/free:stacks", "Stacks kept for reuse with their pages.", Kind::kGauge, stacks.slots_free},
      {"/weft/stacks/cold:stacks", "Stacks whose pages were given back.", Kind::kGauge, stacks.slots_cold},
  };
  append_limits(all);
  return all;
}

}  // namespace weft::metrics
