// The runner against programs that are shell scripts: what runs when, what is gathered, what a failure does.
#include "lab/harness/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace lab {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() : folder_(fs::path(::testing::TempDir()) / ("weft_lab_runner_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_ / "s");
    scenario_.number = 1;
    scenario_.folder = "s";
    scenario_.phases = {
        {"", {{"size", "12"}}, {{"ns", "an item", "ns", Better::less, true}, {"sum", "sum", "", Better::same}}}};
  }
  ~RunnerTest() override { fs::remove_all(folder_); }

  void script(const std::string& name, const std::string& body) {
    std::ofstream(folder_ / "s" / name) << "#!/bin/sh\necho " << name << " >> " << (folder_ / "log").string() << "\n"
                                        << body << "\n";
    fs::permissions(folder_ / "s" / name, fs::perms::owner_all);
  }

  ScenarioResult run(int repetitions) {
    Progress progress(0);
    Runner runner({folder_, folder_}, std::nullopt, repetitions, 3, progress);
    return runner.run(scenario_);
  }

  std::string log() const {
    std::stringstream text;
    text << std::ifstream(folder_ / "log").rdbuf();
    return text.str();
  }

  fs::path folder_;
  Scenario scenario_;
};

TEST_F(RunnerTest, RunsTheProgramsInTurnAndGathersEachRound) {
  script("before", "echo '{\"ns\": 10, \"sum\": 5}'");
  script("after", "echo '{\"ns\": 4, \"sum\": 5}'");
  const ScenarioResult result = run(3);
  EXPECT_EQ(log(), "before\nafter\nbefore\nafter\nbefore\nafter\n");
  EXPECT_THAT(result.failures, ElementsAre());
  EXPECT_THAT(result.measures[0].of(Program::weft_before).values, ElementsAre(10, 10, 10));
  EXPECT_THAT(result.measures[0].of(Program::weft_after).values, ElementsAre(4, 4, 4));
  EXPECT_FALSE(result.with_go);
}

TEST_F(RunnerTest, PassesArgumentsAndProcessors) {
  script("before", "[ \"$1 $2 $WEFT_MAXPROCS $GOMAXPROCS\" = '--size 12 3 3' ] && echo '{\"ns\": 1, \"sum\": 5}'");
  script("after", "echo '{\"ns\": 4, \"sum\": 5}'");
  EXPECT_THAT(run(1).failures, ElementsAre());
}

TEST_F(RunnerTest, ADriverRunsThePrograms) {
  scenario_.phases[0].driver = "drive";
  script("drive", "[ \"$1 $3 $4\" = '--program --size 12' ] && \"$2\"");
  script("before", "echo '{\"ns\": 1, \"sum\": 5}'");
  script("after", "echo '{\"ns\": 4, \"sum\": 5}'");
  EXPECT_THAT(run(1).failures, ElementsAre());
  EXPECT_EQ(log(), "drive\nbefore\ndrive\nafter\n");
}

TEST_F(RunnerTest, ADriverSaysThatTheScenarioCannotRunHere) {
  scenario_.phases[0].driver = "drive";
  script("drive", "echo 'no cpu controller' >&2; exit 77");
  const ScenarioResult result = run(2);
  EXPECT_EQ(result.cannot_run, "no cpu controller");
  EXPECT_THAT(result.failures, ElementsAre()) << "it is not its fault";
  EXPECT_EQ(log(), "drive\n") << "nor is it tried again";
  EXPECT_EQ(result.ahead(), Bar::not_judged);
}

TEST_F(RunnerTest, OtherWorkIsAFailure) {
  script("before", "echo '{\"ns\": 10, \"sum\": 5}'");
  script("after", "echo '{\"ns\": 4, \"sum\": 6}'");
  EXPECT_THAT(run(1).failures, ElementsAre(HasSubstr("weft after: sum is 6, but weft before has 5")));
}

TEST_F(RunnerTest, AFailureIsToldOnceAndTheOthersGoOn) {
  script("before", "echo broken >&2; exit 9");
  script("after", "echo '{\"ns\": 4, \"sum\": 5}'");
  const ScenarioResult result = run(3);
  EXPECT_THAT(result.failures, ElementsAre("weft before: ended with exit code 9: broken"));
  EXPECT_EQ(result.measures[0].of(Program::weft_after).values.size(), 3u);
  EXPECT_EQ(result.ahead(), Bar::not_judged);
}

TEST_F(RunnerTest, APhaseMayHaveToOverflow) {
  scenario_.phases = {{"deep", {}, {{"outcome", "outcome", "", Better::text}}, {Program::weft_before}}};
  script("before", "echo 'fatal error: stack overflow; its stack limit is 4096 bytes' >&2; kill -ABRT $$");
  script("after", "echo '{\"outcome\": \"refused\"}'");
  const ScenarioResult result = run(1);
  EXPECT_THAT(result.failures, ElementsAre());
  EXPECT_EQ(result.measures[0].texts[index_of(Program::weft_before)], "reported");
  EXPECT_EQ(result.measures[0].texts[index_of(Program::weft_after)], "refused");
}

}  // namespace
}  // namespace lab
