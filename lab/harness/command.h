// lab/harness/command.h: what `weft lab` does.
#pragma once

#include <string>
#include <vector>

namespace lab {

struct Options {
  std::vector<int> numbers;  // empty: all
  bool go = false;
  bool quick = false;
  int repetitions = 0;  // 0: what quick or full has by default
  std::string json;     // a file; empty: none
};

/// The numbers of the scenarios that there are.
std::vector<int> scenario_numbers();

/// Prints number, title and the two programs of each scenario.
void list_scenarios();

/// Runs and prints. Returns the exit code: 0; 1 if a program failed or a file could not be written.
int run_scenarios(const Options& options);

}  // namespace lab
