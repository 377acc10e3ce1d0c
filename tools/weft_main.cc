// The program `weft`. `weft lab` measures the lab's scenarios on this machine, beside Go on demand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "lab/harness/command.h"

namespace {

constexpr int kUsageExitCode = 2;

void add_run_options(CLI::App& command, lab::Options& options) {
  command.add_flag("--go", options.go, "run the same programs in Go beside weft's (needs Go 1.23 or newer)");
  command.add_option("--json", options.json, "write the result to this file too")->type_name("FILE");
  command.add_option("--reps", options.repetitions, "rounds; default 5, with --quick 2")
      ->type_name("N")
      ->check(CLI::Range(1, 100));
  command.add_flag("--quick", options.quick, "smaller sizes and fewer rounds: a minute, and rougher numbers");
}

// Throws CLI::ValidationError for a number that no scenario has.
std::string check_number(const std::string& word) {
  std::string known;
  for (int number : lab::scenario_numbers()) {
    if (word == std::to_string(number)) return "";
    known += (known.empty() ? "" : ", ") + std::to_string(number);
  }
  return "'" + word + "' is no scenario; there are " + known;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("weft: tools of the weft runtime");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weft " WEFT_VERSION);
  lab::Options options;

  CLI::App* lab_command = app.add_subcommand("lab", "careless and careful programs, measured here, on weft and on Go");
  lab_command->require_subcommand(1);
  CLI::App* list = lab_command->add_subcommand("list", "show the scenarios");
  CLI::App* run = lab_command->add_subcommand("run", "run some scenarios");
  run->add_option("N", options.numbers, "their numbers")->required()->check(CLI::Validator(check_number, "NUMBER"));
  add_run_options(*run, options);
  CLI::App* all = lab_command->add_subcommand("all", "run all scenarios");
  add_run_options(*all, options);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageExitCode;
  }
  if (list->parsed()) {
    lab::list_scenarios();
    return 0;
  }
  return lab::run_scenarios(options);
}
