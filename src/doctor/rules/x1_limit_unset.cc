// X1: the container has a memory limit, and the runtime does not know it.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kNear = 0.8;

std::optional<double> container_limit(const Case& service) {
  if (service.evidence.process.empty()) return std::nullopt;
  return service.evidence.process.back().memory_limit_bytes;
}

Judgement judge(const Case& service) {
  const auto limit = container_limit(service);
  if (!limit) return Judgement::cannot("the container's memory limit was not seen", "--pid on the machine it runs on");
  if (std::isinf(*limit)) return Judgement::healthy("no memory limit");
  const auto goal = service.heap_goal_bytes;
  if (!goal || !service.memory_limit_bytes)
    return Judgement::cannot("the heap's goal or GOMEMLIMIT is not known", "a look at /metrics");
  const auto total = service.window.last("/memory/classes/total:bytes");
  const auto objects = service.window.last("/memory/classes/heap/objects:bytes");
  const auto released = service.window.last("/memory/classes/heap/released:bytes");
  const auto free = service.window.last("/memory/classes/heap/free:bytes");
  const double beside = total && objects ? *total - *objects - released.value_or(0) - free.value_or(0) : 0;
  const double wanted = *goal + std::max(0.0, beside);
  std::string seen = fmt::format("the container may have {}, the heap's goal and the rest come to {}, GOMEMLIMIT: {}",
                                 bytes(*limit), bytes(wanted), bytes(*service.memory_limit_bytes));
  if (std::isfinite(*service.memory_limit_bytes) || wanted <= kNear * *limit)
    return Judgement::healthy(std::move(seen));

  Finding finding;
  finding.rule = "X1";
  finding.severity = wanted > *limit ? Severity::kHigh : Severity::kWarning;
  finding.headline = fmt::format("the heap may grow to {} in a container of {}, and no GOMEMLIMIT holds it back",
                                 bytes(wanted), bytes(*limit));
  finding.evidence.push_back(std::move(seen));
  finding.action = fmt::format("GOMEMLIMIT={:.0f}MiB (0.85 of the container's)", 0.85 * *limit / 1048576);
  finding.gain_text = "it is not killed for memory that a collection would have freed";
  finding.gap = "with more than half of the limit live it collects without end: S05";
  if (service.heap_live_bytes && *service.heap_live_bytes > 0.6 * *limit) {
    finding.refusal =
        fmt::format("{} are live: a limit would only add collections. Shrink the live heap or give it more memory",
                    bytes(*service.heap_live_bytes));
  }
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kX1 = {
    {.id = "X1",
     .title = "memory limit unset",
     .question = "May the heap outgrow the container before the collector knows of the limit?",
     .evidence = "The control groups' memory limit; the heap's goal and all that is beside it; GOMEMLIMIT.",
     .fires = "A limit, no GOMEMLIMIT, and goal and rest above 0.8 of the limit.",
     .lever = "GOMEMLIMIT at 0.8 to 0.9 of it.",
     .gain = "No kill for memory that was garbage.",
     .refuse = "More than 0.6 of the limit is live.",
     .gap = "S05 (c): collecting without end.",
     .references = "https://go.dev/doc/gc-guide"},
    &judge};

}  // namespace weft::doctor
