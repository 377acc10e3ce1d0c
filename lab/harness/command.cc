#include "lab/harness/command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "lab/harness/calibrate.h"
#include "lab/harness/result_json.h"
#include "lab/harness/runner.h"
#include "lab/harness/table.h"

namespace lab {
namespace {

constexpr int kRepetitions = 5;
constexpr int kQuickRepetitions = 2;

// The programs stand beside this one, in lab/; the sources where this one was built from.
Locations locations() {
  return {WEFT_LAB_SOURCE_FOLDER, std::filesystem::read_symlink("/proc/self/exe").parent_path() / "lab"};
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::optional<GoToolchain> chosen_go(const Options& options, LabResult& result) {
  if (!options.go) return std::nullopt;
  auto go = find_go(result.go_missing);
  if (!go) return std::nullopt;
  result.go_missing.clear();
  result.go_version = go->version;
  return go;
}

std::vector<Scenario> chosen_scenarios(const Options& options, int processors) {
  std::vector<Scenario> all = all_scenarios({.quick = options.quick,
                                             .processors = processors,
                                             .burn_round_ns = burn_round_ns(),
                                             .source_folder = WEFT_LAB_SOURCE_FOLDER});
  std::erase_if(all, [&](const Scenario& scenario) {
    return !options.numbers.empty() && std::ranges::find(options.numbers, scenario.number) == options.numbers.end();
  });
  return all;
}

void announce(Progress& progress, const LabResult& result, std::size_t scenarios) {
  progress.say("weft lab: " + std::to_string(scenarios) + (scenarios == 1 ? " scenario, " : " scenarios, ") +
               std::to_string(result.repetitions) + (result.repetitions == 1 ? " round" : " rounds") +
               (result.go_version.empty() ? "" : ", beside " + result.go_version));
  if (!result.go_missing.empty()) {
    progress.say("weft lab: without Go's programs: " + result.go_missing + " (tools/install_go.sh gets one)");
  }
  if (result.machine.busy()) {
    progress.say("weft lab: the machine is busy (load average " + format_number(result.machine.load_average) +
                 "): the numbers will be off");
  }
}

int run_and_print(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  LabResult result;
  result.started = now_text();
  result.quick = options.quick;
  result.repetitions = options.repetitions > 0 ? options.repetitions : options.quick ? kQuickRepetitions : kRepetitions;
  result.machine = machine_facts(WEFT_LAB_SOURCE_FOLDER);
  const auto go = chosen_go(options, result);
  const std::vector<Scenario> chosen = chosen_scenarios(options, result.machine.processors);

  int steps = 0;
  for (const Scenario& scenario : chosen) {
    steps += static_cast<int>(scenario.phases.size()) * result.repetitions * (go ? 4 : 2);
  }
  Progress progress(steps);
  announce(progress, result, chosen.size());
  Runner runner(locations(), go, result.repetitions, result.machine.processors, progress);
  for (const Scenario& scenario : chosen) {
    result.scenarios.push_back(runner.run(scenario));
    progress.clear();
    std::fputs(scenario_table(result.scenarios.back()).c_str(), stdout);
    std::fflush(stdout);
  }
  result.load_at_end = load_average();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%s\n%s", summary_table(result).c_str(), facts_text(result).c_str());
  if (!options.json.empty()) write_file(options.json, result_json(result));
  return result.failed() ? 1 : 0;
}

}  // namespace

std::vector<int> scenario_numbers() {
  std::vector<int> numbers;
  for (const Scenario& scenario : all_scenarios({})) numbers.push_back(scenario.number);
  return numbers;
}

void list_scenarios() {
  for (const Scenario& scenario : all_scenarios({})) {
    std::printf("%2d  %s\n      before: %s\n      after:  %s\n", scenario.number, scenario.title.c_str(),
                scenario.careless.c_str(), scenario.careful.c_str());
  }
}

int run_scenarios(const Options& options) {
  try {
    if (!options.json.empty()) require_writable(options.json);
    return run_and_print(options);
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "weft lab: %s\n", error.what());
    return 1;
  }
}

}  // namespace lab
