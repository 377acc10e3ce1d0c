// doctor/rule.h: what a rule is. Each stands in a file of its own under rules/, with the card that explains it.
#pragma once

#include <span>
#include <string_view>

#include "doctor/case.h"
#include "doctor/finding.h"

namespace weft::doctor {

/// A rule in words: what `weft doctor explain` prints and the reference page is made of.
struct RuleCard {
  std::string_view id;
  std::string_view title;
  std::string_view question;    // what it asks of a service
  std::string_view evidence;    // what it looks at
  std::string_view fires;       // when
  std::string_view lever;       // what to do then
  std::string_view gain;        // what that brought where it was measured
  std::string_view refuse;      // when to leave it alone
  std::string_view gap;         // what the lever must not break
  std::string_view references;  // for reading on
};

struct Rule {
  RuleCard card;
  Judgement (*judge)(const Case& service);
};

/// In the order in which findings are to be acted on: first what distorts all other numbers, at last what only informs.
std::span<const Rule* const> all_rules();
/// By its id or by a finding's ("S05b" and "R2/S05b" find S05), in small letters too. Null: there is none.
const Rule* find_rule(std::string_view id);

}  // namespace weft::doctor
