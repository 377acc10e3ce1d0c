#include "lab/harness/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ScenarioResult sample() {
  ScenarioResult result;
  result.scenario.number = 7;
  result.scenario.title = "a sample";
  result.with_go = true;
  MeasureResult speed{{"ns", "an item", "ns", Better::less, true}, "", {}, {}};
  speed.series = {Series{{8, 10, 12}}, Series{{4, 5, 6}}, Series{{40, 40, 40}}, Series{{10, 11, 12}}};
  MeasureResult same{{"sum", "checksum", "", Better::same}, "", {}, {"1", "1", "1", "1"}};
  MeasureResult memory{{"rss", "memory", "MB", Better::less}, "later", {}, {}};
  memory.series = {Series{{1}}, Series{{2}}, Series{{3}}, Series{{1}}};
  result.measures = {speed, same, memory};
  return result;
}

TEST(FormatNumber, ThreeDigitsThatCount) {
  EXPECT_EQ(format_number(0), "0");
  EXPECT_EQ(format_number(0.00084), "<0.001");
  EXPECT_EQ(format_number(0.0518), "0.052");
  EXPECT_EQ(format_number(6.6), "6.60");
  EXPECT_EQ(format_number(24.04), "24.0");
  EXPECT_EQ(format_number(99.96), "100");
  EXPECT_EQ(format_number(1312.4), "1,312");
  EXPECT_EQ(format_number(-123456), "-123,456");
  EXPECT_EQ(format_number(6111900), "6.11 M");
  EXPECT_EQ(format_number(48.1e6), "48.1 M");
  EXPECT_EQ(format_number(273e6), "273 M");
}

TEST(ScenarioTable, ShowsMedianSpreadAndBars) {
  const std::string text = scenario_table(sample());
  EXPECT_THAT(text, HasSubstr("10.0 ±20%"));
  EXPECT_THAT(text, HasSubstr("yes 1.10x ~"));
  EXPECT_THAT(text, HasSubstr("yes 2.20x"));
  EXPECT_THAT(text, HasSubstr("later:\n"));
  EXPECT_THAT(text, Not(HasSubstr("checksum")));
}

TEST(ScenarioTable, LinesFitATerminal) {
  const std::string text = scenario_table(sample());
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 140u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST(ScenarioTable, WithoutGoThereAreNoBars) {
  ScenarioResult result = sample();
  result.with_go = false;
  const std::string text = scenario_table(result);
  EXPECT_THAT(text, Not(HasSubstr("Go")));
  EXPECT_THAT(text, Not(HasSubstr("yes")));
}

TEST(Bars, OneMissedMeasureMissesTheBar) {
  ScenarioResult result = sample();
  EXPECT_EQ(result.designed_out(), Bar::reached);
  MeasureResult slow = result.measures[0];
  slow.series[index_of(Program::weft_before)] = {{50}};
  result.measures.push_back(slow);
  EXPECT_EQ(result.designed_out(), Bar::missed);
  EXPECT_EQ(result.ahead(), Bar::reached);
}

TEST(Bars, AFailureLeavesTheScenarioUnjudged) {
  ScenarioResult result = sample();
  result.failures.push_back("weft after: ended with exit code 3");
  EXPECT_EQ(result.ahead(), Bar::not_judged);
  EXPECT_THAT(scenario_table(result), HasSubstr("FAILED  weft after: ended with exit code 3"));
}

TEST(FactsText, SaysThatABusyMachineSpoilsTheNumbers) {
  LabResult result;
  result.machine.processors = 2;
  result.machine.load_average = 0.4;
  EXPECT_THAT(facts_text(result), Not(HasSubstr("busy")));
  result.machine.load_average = 3;
  EXPECT_THAT(facts_text(result), HasSubstr("busy"));
}

}  // namespace
}  // namespace lab
