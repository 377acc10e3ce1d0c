#include "doctor/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace weft::doctor {
namespace {

std::map<std::string, const Finding*> by_id(const Verdict& verdict) {
  std::map<std::string, const Finding*> found;
  for (const RuleResult& result : verdict.results) {
    for (const Finding& finding : result.judgement.findings) found[finding.id()] = &finding;
  }
  return found;
}

// What the rule of a finding said of the other side. R4/S09 is S09's.
const Judgement& judgement_of(const Verdict& verdict, const Finding& finding) {
  const std::string_view id = finding.scenario == "S09" ? finding.scenario : finding.rule;
  const auto result = std::ranges::find_if(verdict.results, [&](const auto& r) { return r.rule->card.id == id; });
  return result->judgement;
}

// In place of the finding: the numbers that say so, or what is missing.
std::string words_of(const Judgement& judgement) {
  switch (judgement.outcome) {
    case Outcome::kHealthy:
      return judgement.seen;
    case Outcome::kCannotJudge:
      return fmt::format("{}. It would help: {}", judgement.missing, judgement.would_help);
    case Outcome::kFires:
      break;
  }
  return judgement.findings.front().headline;
}

Fate fate_of(const Finding* old, const Finding* now, const Judgement& other_side) {
  if (old != nullptr && now != nullptr) return Fate::kStays;
  const bool known = other_side.outcome != Outcome::kCannotJudge;
  if (old == nullptr) return known ? Fate::kNew : Fate::kFound;
  return known ? Fate::kGone : Fate::kUnknown;
}

std::vector<Change> changes(const Verdict& before, const Verdict& after) {
  const auto old_findings = by_id(before), new_findings = by_id(after);
  std::vector<Change> all;
  const auto add = [&](const Finding* old, const Finding* now) {
    const Finding& finding = now != nullptr ? *now : *old;
    const Judgement& other = judgement_of(now != nullptr ? before : after, finding);
    all.push_back({finding, fate_of(old, now, other), old != nullptr ? old->headline : words_of(other),
                   now != nullptr ? now->headline : words_of(other)});
  };
  for (const auto& [id, finding] : old_findings) {
    const auto now = new_findings.find(id);
    add(finding, now != new_findings.end() ? now->second : nullptr);
  }
  for (const auto& [id, finding] : new_findings) {
    if (!old_findings.contains(id)) add(nullptr, finding);
  }
  return all;
}

std::optional<double> resident_megabytes(const Case& service) {
  for (auto state = service.evidence.process.rbegin(); state != service.evidence.process.rend(); ++state) {
    if (state->resident_bytes) return *state->resident_bytes / 1e6;
  }
  return std::nullopt;
}

std::optional<double> share(const Case& service, FrameClass classes) {
  return service.gates.cpu ? std::optional(100 * service.cpu->any(classes).value()) : std::nullopt;
}

struct Pair {
  std::string name;
  std::optional<double> before, after;
  std::string unit;
};

std::vector<Pair> all_pairs(const Case& before, const Case& after) {
  const auto pair = [&](std::string name, std::string unit, auto&& of) {
    return Pair{std::move(name), of(before), of(after), std::move(unit)};
  };
  const auto percent = [](std::optional<double> value) { return value ? std::optional(100 * *value) : value; };
  return {
      pair("CPU used", "cores", [](const Case& service) { return service.cores; }),
      pair("allocation", "% of CPU", [](const Case& service) { return share(service, FrameClass::kAlloc); }),
      pair("collection", "% of CPU", [](const Case& service) { return share(service, FrameClass::kGcAll); }),
      pair("scheduling", "% of CPU", [](const Case& service) { return share(service, FrameClass::kSched); }),
      pair("crossing to C", "% of CPU", [](const Case& service) { return share(service, FrameClass::kCross); }),
      pair("copying stacks", "% of CPU", [](const Case& service) { return share(service, FrameClass::kGrow); }),
      pair("collections", "/s", [](const Case& service) { return service.gc_cycles_per_second; }),
      pair("live heap", "MB",
           [](const Case& service) {
             // Zero is what there is before a first collection ends, and what a trace says of less than a megabyte.
             return service.heap_live_bytes.value_or(0) > 0 ? std::optional(*service.heap_live_bytes / 1e6)
                                                            : std::nullopt;
           }),
      pair("resident memory", "MB", resident_megabytes),
      pair("throttled periods", "%", [&](const Case& service) { return percent(service.throttled_share); }),
      pair("alive", "goroutines",
           [](const Case& service) { return service.window.last("/sched/goroutines:goroutines"); }),
  };
}

std::vector<ComparedNumber> numbers(const Case& before, const Case& after) {
  std::vector<ComparedNumber> known;
  for (const Pair& pair : all_pairs(before, after)) {
    if (!pair.before || !pair.after || (*pair.before == 0 && *pair.after == 0)) continue;
    known.push_back({pair.name, pair.unit, *pair.before, *pair.after});
  }
  return known;
}

}  // namespace

std::string_view fate_name(Fate fate) noexcept {
  static constexpr std::string_view kNames[] = {"gone", "stays", "new", "unknown", "found"};
  return kNames[static_cast<std::size_t>(fate)];
}

Comparison compare(const Case& before, const Verdict& before_verdict, const Case& after, const Verdict& after_verdict) {
  return {changes(before_verdict, after_verdict), numbers(before, after)};
}

}  // namespace weft::doctor
