// Scenario 3's numbers.
#include "lab/harness/scenario.h"

namespace lab {
namespace {

constexpr int kJsonEvents = 200'000;
constexpr int kPlainEvents = 600'000;
constexpr int kQuickDivisor = 4;
constexpr int kBuffer = 256;

std::vector<Measure> measures(const std::string& prefix, const std::string& what) {
  return {{prefix + "_ns", what + ": an event", "ns", Better::less, true},
          {prefix + "_items_per_s", what + ": events", "1/s", Better::more},
          {prefix + "_allocations", what + ": allocations an event", "", Better::less},
          {prefix + "_bytes", what + ": bytes an event", "B", Better::less},
          {prefix + "_block_p99_us", what + ": 256 events to arrive, p99", "us", Better::less},
          {prefix + "_checksum", what + ": checksum", "", Better::same}};
}

}  // namespace

Scenario scenario_03(const Scale& scale) {
  const int divisor = scale.quick ? kQuickDivisor : 1;
  Phase phase{"",
              {{"payload", scale.source_folder + "/03_allocation_per_item/payload.jsonl"},
               {"json-events", std::to_string(kJsonEvents / divisor)},
               {"plain-events", std::to_string(kPlainEvents / divisor)},
               {"buffer", std::to_string(kBuffer)}},
              measures("json", "JSON")};
  for (Measure& measure : measures("plain", "no JSON")) phase.measures.push_back(std::move(measure));
  phase.measures.push_back({"pause_p99_us", "collector's pauses, p99", "us", Better::less});
  return {3,
          "03_allocation_per_item",
          "allocation per item in a pipeline",
          "four stages, a fresh event each, unbuffered channels",
          "events from a pool, reset before reuse, buffered channels",
          {std::move(phase)}};
}

}  // namespace lab
