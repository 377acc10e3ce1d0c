// doctor/verdict.h: all rules over one service, and what to do first.
#pragma once

#include <string>
#include <vector>

#include "doctor/rule.h"

namespace weft::doctor {

struct RuleResult {
  const Rule* rule = nullptr;
  Judgement judgement;
};

struct Verdict {
  static constexpr std::size_t kMostActions = 3;

  std::vector<RuleResult> results;      // of each rule that judges by itself, in the registry's order
  std::vector<const Finding*> actions;  // to act on, at most kMostActions, the first first
  std::vector<const Finding*> others;   // what else fires: for later, for information, or not to act on
  std::vector<std::string> notes;       // what is true beside: of the gates and of the rules

  Verdict() = default;
  Verdict(Verdict&&) = default;
  Verdict& operator=(Verdict&&) = default;

  /// The worst severity that asks for action; nullopt: nothing does.
  std::optional<Severity> worst() const;
};

Verdict judge_all(const Case& service);

}  // namespace weft::doctor
