// S02: a goroutine per request in an overload, and (S02b) per tiny item.
#include <algorithm>

#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kReadyPerProcessor = 50;
constexpr double kReadyAtLeast = 1000;  // a bounded pool may have some hundreds ready, and be as it was meant
constexpr double kLate = 0.1;           // seconds

bool piles_up(double ready, double processors) {
  return ready >= kReadyAtLeast && ready > kReadyPerProcessor * processors;
}

// In more than half of the lines, so that a burst is none.
std::optional<std::string> queues_in_schedtrace(const Case& service) {
  const auto& lines = service.evidence.sched_lines;
  if (lines.size() < 3) return std::nullopt;
  std::vector<std::int64_t> queued;
  for (const SchedLine& line : lines) queued.push_back(line.queued());
  std::ranges::nth_element(queued, queued.begin() + static_cast<std::ptrdiff_t>(queued.size() / 2));
  const std::int64_t median = queued[queued.size() / 2];
  const int processors = lines.back().processors;
  if (processors <= 0 || !piles_up(static_cast<double>(median), processors)) return std::nullopt;
  return fmt::format("schedtrace: {} goroutines queue for {} processors, in the median of {} lines", median, processors,
                     lines.size());
}

}  // namespace

std::vector<std::string> overload_evidence(const Case& service) {
  std::vector<std::string> evidence;
  const auto ready = service.window.last("/sched/goroutines/runnable:goroutines");
  const auto latencies = service.window.histogram("/sched/latencies:seconds");
  const double late = latencies ? quantile_floor(*latencies, 0.99).value_or(0) : 0;
  if (ready && service.processors && piles_up(*ready, *service.processors)) {
    evidence.push_back(
        fmt::format("metrics: {:.0f} goroutines are ready to run on {:.0f} processors", *ready, *service.processors));
  }
  if (auto queues = queues_in_schedtrace(service)) evidence.push_back(std::move(*queues));
  if (evidence.empty()) return evidence;
  if (late > kLate) evidence.push_back("metrics: p99 from ready to running at least " + duration(late));
  if (const auto delay = service.evidence.profile_delay_seconds; delay && *delay > 2)
    evidence.push_back(fmt::format("the profile's endpoint answered {} late", duration(*delay)));
  return evidence;
}

void name_goroutine_per_item(const Case& service, Finding& finding) {
  const CpuShares& cpu = *service.cpu;
  finding.scenario = "S02b";
  finding.sites = sites_above(cpu, FrameClass::kNewGoroutine);
  finding.action = "let a fixed number of workers take batches of items: starting and ending goroutines takes " +
                   percent(cpu.any(FrameClass::kNewGoroutine)) + " of the CPU";
  finding.gain_text = "1.1x to 2x is usual; a loop of nothing else gained 235x";
  finding.gap = "one bad item must not fail its batch";
}

const Rule kS02 = {
    {.id = "S02",
     .title = "goroutine per request",
     .question = "Is more work let in than the processors can do (S02), or work split into goroutines that are too "
                 "small (S02b)?",
     .evidence = "Goroutines ready to run, p99 from ready to running, schedtrace's queues, the profile's endpoint "
                 "answering late. "
                 "S02b: CPU profile, starting and ending goroutines.",
     .fires = "1,000 goroutines ready to run or more, and over 50 for each processor, now or in the median of "
              "schedtrace's lines. S02b: R5 fires and starting goroutines is above 10%.",
     .lever = "A bounded pool, a bounded queue, and a refusal at the door. S02b: fixed workers and batches.",
     .gain = "Measured: p99 of scheduling 1.6 s to 0.15 s, memory of stacks 47 to 1.4 MB.",
     .refuse = "Fewer than 100 requests a second; goroutines below 1,000 and steady.",
     .gap = "A pool without cancellation works for clients that have gone.",
     .references = "weft lab run 2"},
    nullptr};

}  // namespace weft::doctor
