// Every rule, in the order in which findings are to be acted on: throttling and overload distort all other shares, a
// limit that is too tight looks like anything else, and what only informs comes last.
#include <algorithm>
#include <array>

#include "doctor/rules/rules.h"

namespace weft::doctor {

std::span<const Rule* const> all_rules() {
  static constexpr std::array kRules = {&kS11, &kR6,  &kS02, &kX1, &kR2,  &kS05, &kR4,  &kS04, &kS09, &kR3,  &kS12,
                                        &kR1,  &kS03, &kS07, &kR5, &kS08, &kS06, &kS10, &kS01, &kX2,  &kS13, &kS14};
  return kRules;
}

const Rule* find_rule(std::string_view id) {
  const auto rules = all_rules();
  const auto found = std::ranges::find_if(rules, [id](const Rule* rule) {
    return id == rule->card.id ||
           (id.starts_with(rule->card.id) && id.size() > rule->card.id.size() && rule->card.id.front() == 'S' &&
            !std::isdigit(static_cast<unsigned char>(id[rule->card.id.size()])));
  });
  return found == rules.end() ? nullptr : *found;
}

}  // namespace weft::doctor
