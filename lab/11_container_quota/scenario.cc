// Scenario 11's numbers. The driver makes the control group and stands at the door: drive.cc.
#include <algorithm>

#include "lab/harness/scenario.h"

namespace lab {
namespace {

constexpr double kRequestCpuNs = 100'000;
constexpr int kHostCores = 8;  // a small node's, or this machine's if it has more

}  // namespace

Scenario scenario_11(const Scale& scale) {
  auto phase = [&](const std::string& name, const std::string& first_percent, const std::string& settle_ms) {
    return Phase{.name = name,
                 .arguments = {{"host-cores", std::to_string(std::max(kHostCores, scale.processors))},
                               {"work-rounds", std::to_string(static_cast<long>(kRequestCpuNs / scale.burn_round_ns))},
                               {"connections", "32"},
                               {"first-quota-percent", first_percent},
                               {"quota-percent", "100"},
                               {"warm-ms", "500"},
                               {"settle-ms", settle_ms},
                               {"measure-ms", scale.quick ? "1000" : "3000"}},
                 .measures = {{"p50_ms", "a request, p50", "ms", Better::less},
                              {"p99_ms", "a request, p99", "ms", Better::less, true},
                              {"requests_per_s", "requests", "1/s", Better::more},
                              {"throttled_percent", "periods throttled", "%", Better::less},
                              {"processors", "processors at the end", "", Better::neither}},
                 .driver = "drive"};
  };
  return {11,
          "11_container_quota",
          "container quota",
          "as many processors as the host has cores, in a quota of 1 CPU",
          "the default: the quota decides, and is followed when it changes",
          {phase("1 CPU", "100", "0"), phase("lowered from 2 CPUs to 1 under load", "200", "4000")}};
}

}  // namespace lab
