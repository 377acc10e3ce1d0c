// lab/harness/runner.h: runs a scenario's programs in turn, round after round.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "lab/harness/go_toolchain.h"
#include "lab/harness/progress.h"
#include "lab/harness/report_reader.h"
#include "lab/harness/result.h"

namespace lab {

/// Where things are.
struct Locations {
  std::filesystem::path sources;   // lab/ in the source tree
  std::filesystem::path programs;  // lab/ in the build tree: <folder>/before, <folder>/after, go/<folder>/...

  std::filesystem::path program(const Scenario& scenario, Program program) const;
};

class Runner {
 public:
  Runner(Locations locations, std::optional<GoToolchain> go, int repetitions, int processors, Progress& progress);

  /// Builds the Go twins if there is a toolchain, then runs all programs of all phases, interleaved.
  ScenarioResult run(const Scenario& scenario);

 private:
  void build_go(ScenarioResult& result);
  void run_round(ScenarioResult& result, int round);
  void run_one(ScenarioResult& result, const Phase& phase, Program program);
  void take(ScenarioResult& result, const Phase& phase, Program program, const Reading& reading);

  Locations locations_;
  std::optional<GoToolchain> go_;
  int repetitions_;
  int processors_;
  Progress& progress_;
};

}  // namespace lab
