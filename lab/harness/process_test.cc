#include "lab/harness/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/harness/go_toolchain.h"
#include "lab/harness/report_reader.h"

namespace lab {
namespace {

using ::testing::HasSubstr;

Ended shell(const std::string& script) { return run_program({.words = {"/bin/sh", "-c", script}}); }

TEST(RunProgram, GivesBothStreamsAndTheExitCode) {
  const Ended ended = shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(ended.out, "out\n");
  EXPECT_EQ(ended.err, "err\n");
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_FALSE(ended.ok());
  EXPECT_EQ(ended.describe(), "ended with exit code 3: err");
}

TEST(RunProgram, CountsASignalAsAShellDoes) { EXPECT_EQ(shell("kill -ABRT $$").exit_code, 134); }

TEST(RunProgram, ReadsMoreThanAPipeHolds) {
  EXPECT_EQ(shell("head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2").out.size(), 300000u);
}

TEST(RunProgram, SaysWhenThereIsNoSuchProgram) {
  const Ended ended = run_program({.words = {"/no/such/program"}});
  EXPECT_EQ(ended.exit_code, 127);
  EXPECT_THAT(ended.describe(), HasSubstr("/no/such/program: No such file"));
}

TEST(RunProgram, KillsWhatRunsTooLong) {
  const Ended ended = run_program({.words = {"/bin/sh", "-c", "exec sleep 600"}, .limit = std::chrono::seconds(1)});
  EXPECT_TRUE(ended.timed_out);
  EXPECT_FALSE(ended.ok());
}

TEST(RunProgram, ReplacesWhatTheEnvironmentHas) {
  ::setenv("WEFT_LAB_TEST", "ours", 1);
  EXPECT_EQ(
      run_program({.words = {"/bin/sh", "-c", "echo $WEFT_LAB_TEST"}, .environment = {"WEFT_LAB_TEST=theirs"}}).out,
      "theirs\n");
  EXPECT_EQ(shell("echo $WEFT_LAB_TEST").out, "ours\n");
}

TEST(RunProgram, RunsInTheFolder) {
  EXPECT_EQ(run_program({.words = {"/bin/sh", "-c", "pwd"}, .folder = "/usr"}).out, "/usr\n");
}

Phase one_measure() { return {"", {}, {{"ns", "an item", "ns"}}}; }
Ended printed(const std::string& out) { return {out, "", 0, false}; }

TEST(ReadReport, TakesNumbersAndTexts) {
  const Reading reading = read_report(one_measure(), printed("{\"ns\": 12.5, \"word\": \"x\"}\n"), false);
  EXPECT_EQ(reading.failure, "");
  EXPECT_EQ(reading.numbers.at("ns"), 12.5);
  EXPECT_EQ(reading.texts.at("word"), "x");
}

TEST(ReadReport, SaysWhatIsWrong) {
  EXPECT_THAT(read_report(one_measure(), printed("{}"), false).failure, HasSubstr("did not report 'ns'"));
  EXPECT_THAT(read_report(one_measure(), printed("{\"ns\": \"12\"}"), false).failure, HasSubstr("did not report 'ns'"));
  EXPECT_THAT(read_report(one_measure(), printed("{\"ns\": [1]}"), false).failure,
              HasSubstr("'ns' is no number or text"));
  EXPECT_THAT(read_report(one_measure(), printed("hello"), false).failure, HasSubstr("printed no JSON object: hello"));
  EXPECT_THAT(read_report(one_measure(), {"{\"ns\": 1}", "boom", 134, false}, false).failure, HasSubstr("134: boom"));
}

TEST(ReadReport, AnOverflowMustBeReported) {
  const std::string words = "fatal error: stack overflow\n\ngoroutine 7: its stack limit is 4096 bytes\n";
  EXPECT_EQ(read_report(one_measure(), {"", words, 134, false}, true).failure, "");
  EXPECT_NE(read_report(one_measure(), {"", words, 139, false}, true).failure, "");
  EXPECT_NE(read_report(one_measure(), {"", "fatal error: stack overflow", 134, false}, true).failure, "");
  EXPECT_NE(read_report(one_measure(), printed("{\"ns\": 1}"), true).failure, "");
}

TEST(GoToolchain, TwentyThreeAndNewerWillDo) {
  EXPECT_TRUE(new_enough("go version go1.23.0 linux/amd64"));
  EXPECT_TRUE(new_enough("go version go1.27.4 linux/amd64"));
  EXPECT_TRUE(new_enough("go version go1.24rc1 linux/amd64"));
  EXPECT_FALSE(new_enough("go version go1.19.8 linux/amd64"));
  EXPECT_FALSE(new_enough("not a version"));
}

}  // namespace
}  // namespace lab
