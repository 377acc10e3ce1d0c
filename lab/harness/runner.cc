// Interleaved: a round runs every program once, so that what the machine does meanwhile (heat, neighbours, page cache)
// falls on all of them alike; the median over the rounds then compares like with like.
#include "lab/harness/runner.h"

#include <algorithm>
#include <cstdio>

#include "lab/harness/process.h"

namespace lab {
namespace {

constexpr int kCannotRun = 77;  // as automake's tests are skipped

// One failure is told once, however many rounds repeat it.
void note_failure(ScenarioResult& result, const std::string& text) {
  if (std::ranges::find(result.failures, text) == result.failures.end()) result.failures.push_back(text);
}

std::string display(const Reading& reading, const std::string& key) {
  if (auto text = reading.texts.find(key); text != reading.texts.end()) return text->second;
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.15g", reading.numbers.at(key));
  return digits;
}

// All programs must agree, in all rounds, on what proves that they did the same work.
void check_same(ScenarioResult& result, const MeasureResult& measure, Program program) {
  const std::string& text = measure.texts[index_of(program)];
  for (Program other : kPrograms) {
    const std::string& expected = measure.texts[index_of(other)];
    if (expected.empty() || expected == text) continue;
    note_failure(result, std::string(name_of(program)) + ": " + measure.measure.label + " is " + text + ", but " +
                             std::string(name_of(other)) + " has " + expected);
    return;
  }
}

}  // namespace

std::filesystem::path Locations::program(const Scenario& scenario, Program program) const {
  const char* name = program == Program::weft_before || program == Program::go_before ? "before" : "after";
  return is_go(program) ? programs / "go" / scenario.folder / name : programs / scenario.folder / name;
}

Runner::Runner(Locations locations, std::optional<GoToolchain> go, int repetitions, int processors, Progress& progress)
    : locations_(std::move(locations)),
      go_(std::move(go)),
      repetitions_(repetitions),
      processors_(processors),
      progress_(progress) {}

ScenarioResult Runner::run(const Scenario& scenario) {
  const auto start = std::chrono::steady_clock::now();
  ScenarioResult result;
  result.scenario = scenario;
  for (const Phase& phase : scenario.phases) {
    for (const Measure& measure : phase.measures) result.measures.push_back({measure, phase.name, {}, {}});
  }
  if (go_) build_go(result);
  for (int round = 1; round <= repetitions_; ++round) run_round(result, round);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

void Runner::build_go(ScenarioResult& result) {
  result.with_go = true;
  for (Program program : {Program::go_before, Program::go_after}) {
    const std::string error =
        build_go_twin(*go_, locations_.sources, result.scenario, program, locations_.program(result.scenario, program));
    if (error.empty()) continue;
    result.with_go = false;
    note_failure(result, std::string(name_of(program)) + ": " + error);
  }
}

void Runner::run_round(ScenarioResult& result, int round) {
  const std::string what = "scenario " + std::to_string(result.scenario.number) + ", round " + std::to_string(round) +
                           " of " + std::to_string(repetitions_);
  progress_.round(what);
  for (const Phase& phase : result.scenario.phases) {
    for (Program program : kPrograms) {
      if (is_go(program) && !result.with_go) continue;
      progress_.step(what + ": " + std::string(name_of(program)) + (phase.name.empty() ? "" : ", " + phase.name));
      run_one(result, phase, program);
    }
  }
}

void Runner::run_one(ScenarioResult& result, const Phase& phase, Program program) {
  const std::string processors = std::to_string(processors_);
  if (!result.cannot_run.empty()) return;
  const std::string path = locations_.program(result.scenario, program).string();
  const std::string driver = (locations_.programs / result.scenario.folder / phase.driver).string();
  Command command{
      .words = phase.driver.empty() ? std::vector{path} : std::vector{driver, std::string("--program"), path},
      .environment = {"GOMAXPROCS=" + processors, "WEFT_MAXPROCS=" + processors}};
  for (const Argument& argument : phase.arguments) {
    command.words.push_back("--" + argument.name);
    command.words.push_back(argument.value);
  }
  const bool overflow = std::ranges::find(phase.overflow, program) != phase.overflow.end();
  const Ended ended = run_program(command);
  if (!phase.driver.empty() && ended.exit_code == kCannotRun) {
    result.cannot_run = ended.err.substr(0, ended.err.find('\n'));
    return;
  }
  const Reading reading = read_report(phase, ended, overflow);
  if (!reading.failure.empty()) {
    note_failure(
        result, std::string(name_of(program)) + (phase.name.empty() ? "" : ", " + phase.name) + ": " + reading.failure);
    return;
  }
  take(result, phase, program, reading);
}

void Runner::take(ScenarioResult& result, const Phase& phase, Program program, const Reading& reading) {
  for (MeasureResult& measure : result.measures) {
    if (measure.phase != phase.name) continue;
    const std::string& key = measure.measure.key;
    if (measure.measure.better == Better::text || measure.measure.better == Better::same) {
      measure.texts[index_of(program)] = display(reading, key);
      if (measure.measure.better == Better::same) check_same(result, measure, program);
    } else {
      measure.series[index_of(program)].values.push_back(reading.numbers.at(key));
    }
  }
}

}  // namespace lab
