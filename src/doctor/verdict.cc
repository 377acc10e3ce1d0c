#include "doctor/verdict.h"

#include <algorithm>

namespace weft::doctor {
namespace {

// What distorts every other number is dealt with first, whatever the gain.
bool distorts(const Finding& finding) {
  return finding.rule == "S11" || finding.rule == "R6" || finding.scenario == "S05c";
}

bool before(const Finding* a, const Finding* b) {
  if (distorts(*a) != distorts(*b)) return distorts(*a);
  if (a->gain.value_or(0) != b->gain.value_or(0)) return a->gain.value_or(0) > b->gain.value_or(0);
  if (a->severity != b->severity) return a->severity > b->severity;
  return a->id() < b->id();
}

}  // namespace

const char* severity_name(Severity severity) {
  static constexpr const char* kNames[] = {"info", "warning", "high"};
  return kNames[static_cast<int>(severity)];
}

std::optional<Severity> Verdict::worst() const {
  std::optional<Severity> worst;
  for (const RuleResult& result : results) {
    for (const Finding& finding : result.judgement.findings) {
      if (finding.act() && (!worst || finding.severity > *worst)) worst = finding.severity;
    }
  }
  return worst;
}

Verdict judge_all(const Case& service) {
  Verdict verdict;
  verdict.notes = service.gates.remarks;
  for (const Rule* rule : all_rules()) {
    if (rule->judge != nullptr) verdict.results.push_back({rule, rule->judge(service)});
  }
  for (const RuleResult& result : verdict.results) {
    for (const std::string& note : result.judgement.notes)
      verdict.notes.push_back(std::string(result.rule->card.id) + ": " + note);
    for (const Finding& finding : result.judgement.findings) {
      const bool asks = finding.act() && finding.severity != Severity::kInfo;
      (asks ? verdict.actions : verdict.others).push_back(&finding);
    }
  }
  std::ranges::sort(verdict.actions, before);
  if (verdict.actions.size() > Verdict::kMostActions) {
    verdict.others.insert(verdict.others.begin(), verdict.actions.begin() + Verdict::kMostActions,
                          verdict.actions.end());
    verdict.actions.resize(Verdict::kMostActions);
  }
  return verdict;
}

}  // namespace weft::doctor
