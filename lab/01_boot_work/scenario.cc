// Scenario 1's numbers. The driver starts the programs: drive.cc.
#include "lab/harness/scenario.h"

namespace lab {

Scenario scenario_01(const Scale& scale) {
  const double cache_ms = 300;
  const auto rounds = static_cast<long long>(cache_ms * 1e6 / scale.burn_round_ns);
  auto phase = [&](const std::string& name, const std::string& which, std::vector<Measure> measures) {
    return Phase{.name = name,
                 .arguments = {{"case", which},
                               {"greeting-ms", "100"},
                               {"cache-rounds", std::to_string(rounds)},
                               {"patience-ms", "10000"}},
                 .measures = std::move(measures),
                 .driver = "drive"};
  };
  return {
      1,
      "01_boot_work",
      "boot work",
      "globals that dial three backends, compile patterns and fill a cache, one after the other, before main",
      "App: settings validated first, backends side by side, patterns when first needed, the cache in the background",
      {phase("start", "good",
             {{"main_ms", "exec to main", "ms", Better::less},
              {"ready_ms", "exec to ready", "ms", Better::less, true},
              {"first_request_ms", "first request", "ms", Better::less}}),
       phase("a wrong setting", "bad",
             {{"refused_ms", "exec to exit", "ms", Better::less}, {"refused", "refused at boot", "", Better::same}})}};
}

}  // namespace lab
