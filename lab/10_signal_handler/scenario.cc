// Scenario 10's numbers. The driver sends the signals: drive.cc.
#include "lab/harness/scenario.h"

namespace lab {

Scenario scenario_10(const Scale& scale) {
  auto phase = [](const std::string& name, const std::string& which, const std::string& items,
                  std::vector<Measure> measures) {
    return Phase{.name = name,
                 .arguments = {{"case", which},
                               {"items", items},
                               {"item-us", "2000"},
                               {"reload-ms", "400"},
                               {"between-ms", "100"},
                               {"patience-ms", "4000"}},
                 .measures = std::move(measures),
                 .driver = "drive"};
  };
  const std::string few = "50";  // a clean-up of 100 ms
  const std::string many = scale.quick ? "500" : "1000";
  return {
      10,
      "10_signal_handler",
      "work in a signal handler",
      "clean-up and reloads on the goroutine that reads signals; in Go by a channel of 1",
      "App: that goroutine only listens, the rest is done elsewhere, within a deadline; a second signal ends at once",
      {phase("one signal", "clean", few,
             {{"exit_ms", "signal to exit", "ms", Better::less}, {"lost", "items lost", "", Better::same}}),
       phase("a second signal during the clean-up", "second", many,
             {{"exit_ms", "second signal to exit", "ms", Better::less, true},
              {"honoured", "honoured within 100 ms", "", Better::more}}),
       phase("SIGTERM behind two SIGHUPs", "behind-reload", few,
             {{"exit_ms", "SIGTERM to exit", "ms", Better::less}, {"ignored", "SIGTERM ignored", "", Better::less}})}};
}

}  // namespace lab
