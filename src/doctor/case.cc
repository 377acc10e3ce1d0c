#include "doctor/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace weft::doctor {
namespace {

constexpr double kSmallCores = 0.5;
constexpr double kSmallHeapBytes = 50e6;
constexpr double kFreshCycles = 10;  // so many in a window: the last one ended in about its last tenth

bool usable(const Metrics& metrics) { return metrics.unix_seconds.has_value(); }

// The latest look that lies far enough before the last: two pages of one visit are milliseconds apart, and between them
// nothing happened but the visit.
std::vector<const Metrics*>::const_iterator begin_of_tail(const std::vector<const Metrics*>& looks) {
  constexpr double kLeastSeconds = 1;
  const double end = looks.back()->unix_seconds.value_or(0);
  auto at = looks.end() - 1;
  while (at != looks.begin() && end - (*at)->unix_seconds.value_or(0) < kLeastSeconds) --at;
  return at;
}

void find_windows(const Evidence& evidence, Window& window, Window& tail) {
  std::vector<const Metrics*> looks;
  for (const Metrics& metrics : evidence.metrics) {
    if (usable(metrics)) looks.push_back(&metrics);
  }
  if (looks.empty() && !evidence.metrics.empty()) looks.push_back(&evidence.metrics.back());
  if (looks.empty()) return;
  window = Window(*looks.front(), *looks.back());
  tail = Window(**begin_of_tail(looks), *looks.back());
}

// Of what the process's files say, the difference between the first look and the last.
template <class Field>
std::optional<double> process_delta(const Evidence& evidence, Field field) {
  if (evidence.process.size() < 2) return std::nullopt;
  const auto before = evidence.process.front().*field, after = evidence.process.back().*field;
  return before && after && *after >= *before ? std::optional(*after - *before) : std::nullopt;
}

template <class Field>
std::optional<double> last_known(const Evidence& evidence, Field field) {
  for (auto state = evidence.process.rbegin(); state != evidence.process.rend(); ++state) {
    if ((*state).*field) return (*state).*field;
  }
  return std::nullopt;
}

// By the metrics, whose window is that of the profile; else by the process's files, whose looks lie where they lie.
std::optional<double> process_cores(const Case& service) {
  if (const auto by_metrics = service.window.rate("process/cpu:seconds")) return by_metrics;
  const auto used = process_delta(service.evidence, &ProcessState::cpu_seconds);
  const auto& states = service.evidence.process;
  if (!used || !states.front().unix_seconds || !states.back().unix_seconds) return std::nullopt;
  const double seconds = *states.back().unix_seconds - *states.front().unix_seconds;
  return seconds > 0 ? std::optional(*used / seconds) : std::nullopt;
}

// [case.G3]
std::optional<double> fresh_gc_share(const Window& window) {
  const auto cycles = window.delta("/gc/cycles/total:gc-cycles");
  const auto total = window.delta("/cpu/classes/total:cpu-seconds");
  const auto idle = window.delta("/cpu/classes/idle:cpu-seconds");
  const auto gc = window.delta("/cpu/classes/gc/total:cpu-seconds");
  if (!cycles || *cycles < kFreshCycles || !total || !idle || !gc || *total - *idle <= 0) return std::nullopt;
  const double gc_idle = window.delta("/cpu/classes/gc/mark/idle:cpu-seconds").value_or(0);
  return (*gc - gc_idle) / (*total - *idle);
}

std::optional<double> find_busy_ratio(const Case& service) {
  const Window& window = service.window;
  const auto cycles = window.delta("/gc/cycles/total:gc-cycles");
  const auto total = window.delta("/cpu/classes/total:cpu-seconds");
  const auto idle = window.delta("/cpu/classes/idle:cpu-seconds");
  const auto used = process_cores(service);
  if (!cycles || *cycles < kFreshCycles || !total || !idle || !used || window.seconds() <= 0) return std::nullopt;
  if (*used * window.seconds() <= 0.1) return std::nullopt;
  return (*total - *idle) / window.seconds() / *used;
}

std::optional<double> cycles_per_second(const Case& service) {
  if (const auto rate = service.window.rate("/gc/cycles/total:gc-cycles")) return rate;
  const auto& cycles = service.evidence.gc_cycles;
  if (cycles.size() < 3) return std::nullopt;
  const double seconds = cycles.back().at_seconds - cycles.front().at_seconds;
  return seconds > 0 ? std::optional(static_cast<double>(cycles.size() - 1) / seconds) : std::nullopt;
}

// A heap profile tells of the last collection or the one before: that is now where there is one each second.
std::optional<double> live_heap_of_profile(const Case& service) {
  if (!service.evidence.heap || service.gc_cycles_per_second.value_or(0) <= 1) return std::nullopt;
  const pprof::Profile& heap = *service.evidence.heap;
  const int column = heap.column("inuse_space");
  if (column < 0) return std::nullopt;
  double sum = 0;
  for (std::size_t i = 0; i < heap.samples.size(); ++i)
    sum += static_cast<double>(heap.value(i, static_cast<std::size_t>(column)));
  return sum;
}

std::optional<double> live_heap(const Case& service) {
  if (const auto live = service.window.last("/gc/heap/live:bytes"); live && *live > 0) return live;
  if (!service.evidence.gc_cycles.empty()) return service.evidence.gc_cycles.back().heap_live_mb * 1048576;
  const auto goal = service.window.last("/gc/heap/goal:bytes");
  if (goal && service.gogc_percent && std::isfinite(*service.gogc_percent))
    return *goal / (1 + *service.gogc_percent / 100);
  return live_heap_of_profile(service);
}

// By the evidence beside the profile, or by a single function of the runtime: each thread begins in one.
bool is_of_known_runtime(const Case& service) {
  if (service.evidence.is_weft || service.evidence.go_version) return true;
  return std::ranges::any_of(service.cpu->functions(), [](const FunctionUse& function) {
    return function.name.starts_with("runtime.") || function.name.starts_with("weft::");
  });
}

// [case.G0] [case.G1] [case.G6]
void judge_profile(Case& service) {
  Gates& gates = service.gates;
  gates.would_help_cpu = "a longer profile, under load: --seconds 30";
  if (!service.cpu) {
    gates.why_not_cpu = "no CPU profile";
    gates.would_help_cpu = "a CPU profile: cpu.pb.gz, or a URL";
  } else if (service.cpu->total() > 0 && service.cpu->named().value() < 0.5) {  // however long it were
    gates.why_not_cpu = "the CPU profile has no function names: it was not symbolized where it was taken";
    gates.would_help_cpu = "a profile with names: from the service itself, or by `pprof -proto BINARY FILE`";
  } else if (service.cpu->total() < Gates::kLeastSamples) {
    gates.why_not_cpu = fmt::format("only {} CPU samples: {} are the least that shares can be judged by",
                                    service.cpu->total(), Gates::kLeastSamples);
  } else if (!is_of_known_runtime(service)) {
    gates.why_not_cpu = "no function of Go's or of weft's runtime is in the CPU profile: the rules know no other";
    gates.would_help_cpu = "the profile of a Go or a weft program";
  } else if (const auto cores = service.cpu->cores();
             cores && *cores * std::max(1.0, service.busy_ratio.value_or(1)) < Gates::kLeastCores) {
    gates.why_not_cpu =
        fmt::format("the process used {:.2f} cores: mostly idle, so that shares of CPU mean nothing", *cores);
    gates.remarks.push_back("Mostly idle: what its CPU time went to is of no consequence.");
  } else {
    gates.cpu = true;
  }
}

// [case.G2] [case.G4] [case.G5]
void remark(Case& service) {
  Gates& gates = service.gates;
  const auto by_process = process_cores(service);
  if (service.cpu && service.cpu->cores() && by_process && *by_process > 0.3 &&
      *service.cpu->cores() < 0.7 * *by_process) {
    gates.remarks.push_back(
        fmt::format("The profile saw {:.2f} cores, the process used {:.2f}: threads that the runtime "
                    "does not know, or lost samples.",
                    *service.cpu->cores(), *by_process));
  }
  gates.small_service = service.cores && *service.cores < kSmallCores && service.heap_goal_bytes &&
                        *service.heap_goal_bytes < kSmallHeapBytes;
  const double throttled = service.throttled_share.value_or(0);
  const auto pressure = last_known(service.evidence, &ProcessState::cpu_pressure_percent);
  const auto steal = last_known(service.evidence, &ProcessState::steal_share);
  if (throttled < 0.05 && service.busy_ratio && *service.busy_ratio > 1.3) {
    gates.remarks.push_back(
        fmt::format("Its processors were busy {:.1f} times as long as they had a core: a contended "
                    "host, or a quota that this look did not see. Rates are low and shares noisy.",
                    *service.busy_ratio));
  } else if (pressure && *pressure > 10 && throttled < 0.05) {
    gates.remarks.push_back(
        fmt::format("Tasks waited for a core {:.0f}% of the time (PSI): taken on a contended host.", *pressure));
  }
  if (steal && *steal > 0.02)
    gates.remarks.push_back(fmt::format("The hypervisor stole {:.1f}% of the CPU time.", 100 * *steal));
}

}  // namespace

Case::Case(const Evidence& evidence_) : evidence(evidence_) {
  find_windows(evidence, window, tail);
  if (evidence.cpu) cpu.emplace(*evidence.cpu);
  processors = window.last("/sched/gomaxprocs:threads");
  if (!processors && !evidence.sched_lines.empty()) processors = evidence.sched_lines.back().processors;
  cores = cpu && cpu->cores() ? cpu->cores() : process_cores(*this);
  gogc_percent = window.last("/gc/gogc:percent");
  memory_limit_bytes = window.last("/gc/gomemlimit:bytes");
  heap_goal_bytes = window.last("/gc/heap/goal:bytes");
  if (!heap_goal_bytes && !evidence.gc_cycles.empty()) heap_goal_bytes = evidence.gc_cycles.back().goal_mb * 1048576;
  gc_cycles_per_second = cycles_per_second(*this);
  heap_live_bytes = live_heap(*this);
  gc_metric_share = fresh_gc_share(window);
  quota_cpus = last_known(evidence, &ProcessState::quota_cpus);
  const auto periods = process_delta(evidence, &ProcessState::periods);
  const auto throttled = process_delta(evidence, &ProcessState::throttled_periods);
  if (periods && throttled && *periods > 0) throttled_share = *throttled / *periods;
  busy_ratio = find_busy_ratio(*this);
  judge_profile(*this);
  remark(*this);
}

}  // namespace weft::doctor
