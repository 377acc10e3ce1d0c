// Scenario 12's numbers.
#include "lab/harness/scenario.h"

namespace lab {

Scenario scenario_12(const Scale& scale) {
  const std::string limit = "100000";
  Phase parse{"",
              {{"phase", "parse"},
               {"shallow-depth", "60"},
               {"shallow-parses", "1000"},
               {"deep-depth", "10000"},
               {"deep-parses", "20"},
               {"depth-limit", limit},
               {"measure-ms", scale.quick ? "100" : "250"}},
              {{"shallow_ns", "60 deep: a parse", "ns", Better::less, true},
               {"shallow_faults", "60 deep: page faults a parse", "", Better::less},
               {"deep_ns", "10,000 deep: a parse", "ns", Better::less, true},
               {"deep_faults", "10,000 deep: page faults a parse", "", Better::less},
               {"peak_rss_mb", "peak memory", "MB", Better::less},
               {"shallow_value", "60 deep: value", "", Better::same},
               {"deep_value", "10,000 deep: value", "", Better::same}}};
  Phase overflow{"1,000,000 deep",
                 {{"phase", "overflow"}, {"depth", "1000000"}, {"depth-limit", limit}},
                 {{"outcome", "what comes of it", "", Better::text}},
                 {Program::weft_before}};
  return {12,
          "12_deep_recursion",
          "deep recursion",
          "recursive descent, each parse on a fresh goroutine",
          "iterative, with a stack and a depth limit of its own",
          {std::move(parse), std::move(overflow)}};
}

}  // namespace lab
