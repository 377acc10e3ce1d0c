#include "lab/harness/scenario.h"

namespace lab {

std::string_view name_of(Program program) {
  switch (program) {
    case Program::weft_before:
      return "weft before";
    case Program::weft_after:
      return "weft after";
    case Program::go_before:
      return "Go before";
    case Program::go_after:
      return "Go after";
  }
  return "";
}

std::string_view key_of(Program program) {
  switch (program) {
    case Program::weft_before:
      return "weft_before";
    case Program::weft_after:
      return "weft_after";
    case Program::go_before:
      return "go_before";
    case Program::go_after:
      return "go_after";
  }
  return "";
}

std::vector<Scenario> all_scenarios(const Scale& scale) {
  return {scenario_01(scale), scenario_02(scale), scenario_03(scale), scenario_04(scale),
          scenario_09(scale), scenario_10(scale), scenario_11(scale), scenario_12(scale)};
}

}  // namespace lab
