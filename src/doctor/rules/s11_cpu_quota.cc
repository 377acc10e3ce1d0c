// S11: the container's CPU quota throttles the process.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kFires = 0.05;
constexpr double kHigh = 0.25;
constexpr double kGosLeast = 2;  // what Go 1.25 and later set at least

std::string_view setting_of(const Case& service) { return service.evidence.is_weft ? "WEFT_MAXPROCS" : "GOMAXPROCS"; }

void advise(const Case& service, Finding& finding) {
  const auto processors = service.processors;
  const std::string_view setting = setting_of(service);
  const double quota = service.quota_cpus.value_or(INFINITY);
  const double fitting = std::max(1.0, std::ceil(quota));
  if (processors && std::isfinite(quota) && *processors > std::max(kGosLeast, fitting)) {
    finding.action = fmt::format(
        "{}={:.0f}, for it runs {:.0f} threads on a quota of {:.2f} CPUs. {}", setting, fitting, *processors, quota,
        service.evidence.is_weft
            ? "weft does it by itself where the setting is left alone"
            : "Go 1.25 and later do it by themselves when go.mod says so, from the innermost group only");
    finding.gain_text =
        "measured on 0.5 CPUs: pauses p99 42 ms to 0.04 ms, throttled 61% to 50% of the periods; elsewhere twice "
        "the requests";
    finding.gap = "work in short bursts may see a later median: it no longer runs on cores that it had no right to";
    return;
  }
  finding.action = processors && std::isfinite(quota)
                       ? fmt::format("raise the quota, or smooth the bursts: {}={:.0f} fits {:.2f} CPUs already",
                                     setting, *processors, quota)
                       : fmt::format("raise the quota, or set {} to it, rounded up", setting);
  finding.gain_text = "the time that it is stopped for";
  finding.gap = "a higher quota takes the CPU from neighbours";
}

Judgement judge(const Case& service) {
  if (!service.throttled_share) {
    if (service.quota_cpus && std::isinf(*service.quota_cpus)) return Judgement::healthy("no CPU quota");
    return Judgement::cannot("the control group's cpu.stat was not seen twice",
                             "--pid on the machine it runs on, as root");
  }
  const auto pauses = service.window.histogram("/sched/pauses/total/gc:seconds");
  const auto pause = pauses ? quantile_floor(*pauses, 0.99) : std::nullopt;
  std::string seen = fmt::format("throttled in {} of its periods", percent(*service.throttled_share));
  if (*service.throttled_share <= kFires) return Judgement::healthy(std::move(seen));

  Finding finding;
  finding.rule = "S11";
  finding.severity = graded(*service.throttled_share, kHigh);
  finding.headline =
      fmt::format("the CPU quota stops the process in {} of its periods", percent(*service.throttled_share));
  finding.evidence.push_back("cpu.stat: " + seen);
  if (service.quota_cpus) {
    finding.evidence.push_back(
        fmt::format("quota {:.2f} CPUs, {} {}", *service.quota_cpus, setting_of(service),
                    service.processors ? fmt::format("{:.0f}", *service.processors) : "unknown"));
  }
  if (service.busy_ratio) {
    finding.evidence.push_back(
        fmt::format("its processors were busy {:.1f} times as long as they had a core", *service.busy_ratio));
  }
  if (pause) finding.evidence.push_back("metrics: collector's pauses p99 at least " + duration(*pause));
  advise(service, finding);
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kS11 = {
    {.id = "S11",
     .title = "CPU quota",
     .question = "Does the container's quota stop the process?",
     .evidence =
         "cpu.stat of the group with the tightest quota, twice (v1 and v2); GOMAXPROCS; how long processors were busy "
         "beside the CPU time used; the collector's pauses.",
     .fires = "Throttled in more than 5% of its periods. High above 25%.",
     .lever = "GOMAXPROCS at the quota, rounded up; where it fits, a higher quota or smoother work.",
     .gain = "Measured: pauses p99 42 to 0.04 ms. Published: 22,000 to 45,000 requests a second on a quota of 2 CPUs.",
     .refuse = "No quota, or one of as many CPUs as there are.",
     .gap = "A value set by hand goes stale when the quota changes.",
     .references = "https://go.dev/blog/container-aware-gomaxprocs; golang/go#73193"},
    &judge};

}  // namespace weft::doctor
