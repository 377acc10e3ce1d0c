// Scenario 4's numbers.
#include "lab/harness/scenario.h"

namespace lab {

Scenario scenario_04(const Scale& scale) {
  return {4,
          "04_foreign_call_per_item",
          "foreign call per item",
          "one C call an item",
          "one C call a batch of 64; each item keeps its own error",
          {{"",
            {{"items", "100000"},
             {"batch", "64"},
             {"measure-ms", scale.quick ? "100" : "250"},
             {"blockers", std::to_string(scale.processors)},
             {"block-ms", "50"},
             {"ticks", scale.quick ? "100" : "400"},
             {"tick-us", "1000"}},
            {{"item_ns", "an item", "ns", Better::less, true},
             {"items_per_s", "items", "1/s", Better::more},
             {"items_per_s_two", "items, two at a time", "1/s", Better::more, true},
             {"late_p50_ms", "1 ms tick beside blocked calls, p50", "ms late", Better::less},
             {"late_p99_ms", "1 ms tick beside blocked calls, p99", "ms late", Better::less, true},
             {"late_max_ms", "1 ms tick beside blocked calls, max", "ms late", Better::less},
             {"score_sum", "sum of the scores", "", Better::same},
             {"failed", "items with an error", "", Better::same}}}}};
}

}  // namespace lab
