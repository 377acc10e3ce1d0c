// The scenarios' own programs: each ends well, reports every measure that its scenario names, and does the same work
// before and after; and the program `weft` answers bad input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "lab/harness/process.h"
#include "lab/harness/runner.h"

namespace lab {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// build/<preset>/tests/lab/programs_test
fs::path build_folder() { return fs::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path(); }

// The smallest sizes that still run every line: what is measured does not matter here.
Scenario small(Scenario scenario) {
  const std::map<std::string, std::string> sizes = {
      {"rate", "2000"},         {"requests", "200"},     {"work-rounds", "100"}, {"wait-ms", "5"},
      {"patience-ms", "60000"}, {"workers", "20"},       {"queue", "200"},       {"json-events", "500"},
      {"items", "1000"},        {"plain-events", "500"}, {"measure-ms", "5"},    {"ticks", "5"},
      {"block-ms", "5"},        {"calls", "1000"},       {"trips", "50"},        {"deep-parses", "2"},
      {"shallow-parses", "5"},  {"warm-ms", "5"},        {"settle-ms", "5"},     {"connections", "4"},
      {"item-us", "100"},       {"reload-ms", "20"},     {"between-ms", "10"},   {"greeting-ms", "5"},
      {"cache-rounds", "10000"}};
  for (Phase& phase : scenario.phases) {
    for (Argument& argument : phase.arguments) {
      if (auto size = sizes.find(argument.name); size != sizes.end()) argument.value = size->second;
    }
  }
  return scenario;
}

class Programs : public ::testing::TestWithParam<int> {};

TEST_P(Programs, EndWellAndReportEverything) {
  Progress progress(0);
  Runner runner({WEFT_SOURCE_DIR "/lab", build_folder() / "lab"}, std::nullopt, 1, 2, progress);
  bool found = false;
  for (const Scenario& scenario : all_scenarios({.processors = 2, .source_folder = WEFT_SOURCE_DIR "/lab"})) {
    if (scenario.number != GetParam()) continue;
    found = true;
    const ScenarioResult result = runner.run(small(scenario));
    EXPECT_THAT(result.failures, ::testing::IsEmpty());
    EXPECT_TRUE(fs::exists(fs::path(WEFT_SOURCE_DIR "/lab") / scenario.folder / "README.md"));
  }
  EXPECT_TRUE(found);
}

INSTANTIATE_TEST_SUITE_P(Scenario, Programs, ::testing::Values(1, 2, 3, 4, 9, 10, 11, 12));

Ended weft_program(std::vector<std::string> words) {
  words.insert(words.begin(), (build_folder() / "weft").string());
  return run_program({.words = words});
}

TEST(WeftProgram, ListsTheScenarios) {
  const Ended ended = weft_program({"lab", "list"});
  EXPECT_TRUE(ended.ok()) << ended.describe();
  EXPECT_THAT(ended.out, HasSubstr("12  deep recursion"));
}

TEST(WeftProgram, BadInputIsNamedAndEndsWithTwo) {
  Ended ended = weft_program({"lab", "run", "5"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("'5' is no scenario; there are 1, 2, 3, 4, 9, 10, 11, 12"));
  ended = weft_program({"lab", "all", "--reps", "0"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("--reps"));
  EXPECT_EQ(weft_program({"lab", "all", "--fast"}).exit_code, 2);
  EXPECT_EQ(weft_program({"lab"}).exit_code, 2);
  EXPECT_EQ(weft_program({}).exit_code, 2);
}

TEST(WeftProgram, AnUnwritableFileIsSaidBeforeTheRun) {
  const Ended ended = weft_program({"lab", "all", "--json", "/no/such/folder/r.json"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("/no/such/folder/r.json"));
}

}  // namespace
}  // namespace lab
