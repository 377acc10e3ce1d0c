// R2: the collector takes the CPU.
#include <numeric>

#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kBackground = 0.10;
constexpr double kAll = 0.15;
constexpr double kMetric = 0.15;
constexpr double kHigh = 0.30;

// Without a profile or metrics: assists and background marking of each cycle, over the processors' time.
std::optional<double> log_share(const Case& service) {
  const auto& cycles = service.evidence.gc_cycles;
  if (cycles.size() < 5) return std::nullopt;
  const double seconds = cycles.back().at_seconds - cycles.front().at_seconds;
  const double cpu_ms = std::accumulate(cycles.begin() + 1, cycles.end(), 0.0, [](double sum, const GcCycle& cycle) {
    return sum + cycle.assist_cpu_ms + cycle.background_cpu_ms;
  });
  const int processors = cycles.back().processors;
  return seconds > 0 && processors > 0 ? std::optional(cpu_ms / 1000 / (seconds * processors)) : std::nullopt;
}

struct Cost {
  bool known = false, fires = false;
  double share = 0;  // the largest of what the sources say
  std::vector<std::string> seen;
};

Cost cost_of(const Case& service) {
  Cost cost;
  auto say = [&](double share, bool fires, std::string words) {
    cost.known = true;
    cost.fires = cost.fires || fires;
    cost.share = std::max(cost.share, share);
    cost.seen.push_back(std::move(words));
  };
  if (service.gates.cpu) {
    const Share all = service.cpu->any(FrameClass::kGcAll), background = service.cpu->any(FrameClass::kGcBackground);
    say(all.value(), background.lower() > kBackground || all.lower() > kAll,
        fmt::format("CPU profile: collection {} of CPU (background marking {}, assists {})", percent(all),
                    percent(background), percent(service.cpu->any(FrameClass::kAssist))));
  }
  if (service.gc_metric_share) {
    say(*service.gc_metric_share, *service.gc_metric_share > kMetric,
        fmt::format("metrics: collection {} of the busy processors' time, write barriers and sweeping left out",
                    percent(*service.gc_metric_share)));
  }
  if (const auto share = log_share(service)) {
    say(*share, !service.gates.cpu && *share > kMetric,
        fmt::format("gctrace: assists and marking {} of the processors' time", percent(*share)));
  }
  return cost;
}

Judgement judge(const Case& service) {
  const Cost cost = cost_of(service);
  if (!cost.known) {
    const bool traced = !service.evidence.gc_cycles.empty();
    return Judgement::cannot(fmt::format("no CPU profile that can be judged, too few collections in the window, {}",
                                         traced ? "too few in gctrace" : "no gctrace"),
                             "a CPU profile under load, or two looks at /metrics with 10 collections in between");
  }
  std::string seen = fmt::format("{}", fmt::join(cost.seen, "; "));
  if (!cost.fires) return Judgement::healthy(std::move(seen));

  Finding finding;
  finding.rule = "R2";
  finding.severity = graded(cost.share, kHigh);
  finding.headline = fmt::format("{} of the CPU goes to garbage collection", percent(cost.share));
  finding.evidence = cost.seen;
  finding.marks = FrameClass::kGcAll;
  if (service.cpu) finding.sites = sites_above(*service.cpu, FrameClass::kAssist | FrameClass::kAlloc, 3);
  finding.gain = 0.3 * cost.share;
  name_collector_pacing(service, collector_pace(service), finding);
  mind_the_scale(service, finding);
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kR2 = {
    {.id = "R2",
     .title = "collector hot",
     .question = "Does garbage collection take a large share of the CPU?",
     .evidence =
         "CPU profile: marking, assists, sweeping, write barriers. Metrics: /cpu/classes/gc over a window in which "
         "collections ended (it leaves write barriers and sweeping out: 4% where the profile said 30%). gctrace.",
     .fires =
         "The lower bound of background marking is above 10% or of all collection above 15%; or the metrics say more "
         "than 15%.",
     .lever = "S05: collect less often (a, b), give it room (c). Else allocate less: R1.",
     .gain = "Collection's CPU falls as the room above the live heap grows.",
     .refuse = "Programs that live for seconds.",
     .gap = "A memory limit that is too tight turns into collecting without end: S05c.",
     .references = "https://go.dev/doc/gc-guide"},
    &judge};

}  // namespace weft::doctor
