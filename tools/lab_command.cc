// `weft lab`: measures the lab's scenarios on this machine, beside Go on demand.
#include <memory>
#include <string>

#include "lab/harness/command.h"
#include "tools/command_line.h"

namespace weft::tools {
namespace {

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

void add_lab_commands(CLI::App& app, Action& action) {
  auto options = std::make_shared<lab::Options>();
  CLI::App* command = app.add_subcommand("lab", "careless and careful programs, measured here, on weft and on Go");
  command->require_subcommand(1);
  command->add_subcommand("list", "show the scenarios")->callback([&action] {
    action = [] {
      lab::list_scenarios();
      return 0;
    };
  });
  const auto run = [&action, options] { action = [options] { return lab::run_scenarios(*options); }; };
  CLI::App* some = command->add_subcommand("run", "run some scenarios");
  some->add_option("N", options->numbers, "their numbers")->required()->check(CLI::Validator(check_number, "NUMBER"));
  add_run_options(*some, *options);
  some->callback(run);
  CLI::App* all = command->add_subcommand("all", "run all scenarios");
  add_run_options(*all, *options);
  all->callback(run);
}

}  // namespace weft::tools
