// Every rule, in the order in which findings are to be acted on: throttling and overload distort all other shares, a
// limit that is too tight looks like anything else, and what only informs comes last.
#include <algorithm>
#include <array>
#include <cctype>

#include "doctor/rules/rules.h"

namespace weft::doctor {

std::span<const Rule* const> all_rules() {
  static constexpr std::array kRules = {&kS11, &kR6,  &kS02, &kX1, &kR2,  &kS05, &kR4,  &kS04, &kS09, &kR3,  &kS12,
                                        &kR1,  &kS03, &kS07, &kR5, &kS08, &kS06, &kS10, &kS01, &kX2,  &kS13, &kS14};
  return kRules;
}

namespace {

bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

// "R2/S05b" is how a report names a finding: the part behind says more.
bool names(std::string_view id, std::string_view rule) {
  id.remove_prefix(id.rfind('/') + 1);
  if (id.size() < rule.size() || !same_letters(id.substr(0, rule.size()), rule)) return false;
  const std::string_view rest = id.substr(rule.size());
  return rest.empty() || (rule.front() == 'S' && std::isdigit(static_cast<unsigned char>(rest.front())) == 0);
}

}  // namespace

const Rule* find_rule(std::string_view id) {
  const auto rules = all_rules();
  const auto found = std::ranges::find_if(rules, [id](const Rule* rule) { return names(id, rule->card.id); });
  return found == rules.end() ? nullptr : *found;
}

}  // namespace weft::doctor
