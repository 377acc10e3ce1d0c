#include "lab/harness/result_json.h"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <system_error>

#include "lab/harness/json_writer.h"

namespace lab {
namespace {

LabResult sample() {
  LabResult result;
  result.repetitions = 3;
  result.go_version = "go version go1.23.1 linux/amd64";
  ScenarioResult scenario;
  scenario.scenario.number = 4;
  scenario.scenario.title = "quotes \" and \\ and\nlines";
  scenario.scenario.phases = {{"", {{"items", "100"}}, {}}};
  scenario.with_go = true;
  MeasureResult measure{{"item_ns", "an item", "ns", Better::less, true}, "", {}, {}};
  measure.series = {Series{{3, 1, 2}}, Series{{1, 1, 1}}, Series{{9, 9, 9}}, Series{{4, 4, 4}}};
  scenario.measures = {measure};
  result.scenarios = {scenario};
  return result;
}

TEST(ResultJson, HoldsWhatWasMeasured) {
  simdjson::dom::parser parser;
  simdjson::dom::element root = parser.parse(result_json(sample()));
  EXPECT_EQ(std::string_view(root["schema"]), "weft-lab/1");
  EXPECT_TRUE(root["machine"]["quota"].is_null());
  simdjson::dom::element scenario = root["scenarios"].at(0);
  EXPECT_EQ(std::string_view(scenario["title"]), "quotes \" and \\ and\nlines");
  EXPECT_EQ(std::string_view(scenario["phases"].at(0)["arguments"]["items"]), "100");
  EXPECT_TRUE(bool(scenario["designed_out"]));
  simdjson::dom::element measure = scenario["measures"].at(0);
  EXPECT_EQ(double(measure["weft_before"]["median"]), 2);
  EXPECT_EQ(measure["weft_before"]["values"].get_array().size(), 3u);
  EXPECT_EQ(double(measure["ahead"]["factor"]), 4);
}

TEST(ResultJson, WithoutGoTheBarsAreNull) {
  LabResult result = sample();
  result.scenarios[0].measures[0].series[index_of(Program::go_after)] = {};
  simdjson::dom::parser parser;
  simdjson::dom::element root = parser.parse(result_json(result));
  EXPECT_TRUE(root["scenarios"].at(0)["ahead"].is_null());
  EXPECT_TRUE(root["scenarios"].at(0)["measures"].at(0)["ahead"].is_null());
}

TEST(JsonWriter, NumbersThatJsonHasNoWordForAreNull) {
  JsonWriter json;
  json.begin_array();
  json.number({}, std::nan(""));
  json.number({}, std::numeric_limits<double>::infinity());
  json.end_array();
  EXPECT_EQ(json.result(), "[\n  null,\n  null\n]\n");
}

TEST(JsonWriter, EmptyContainersStayShort) {
  JsonWriter json;
  json.begin_object();
  json.begin_array("none");
  json.end_array();
  json.end_object();
  EXPECT_EQ(json.result(), "{\n  \"none\": []\n}\n");
}

TEST(WriteFile, WritesWholeAndLeavesNothingBeside) {
  const std::string folder = ::testing::TempDir() + "weft_lab_json_" + std::to_string(::getpid());
  std::filesystem::create_directory(folder);
  require_writable(folder + "/r.json");
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  write_file(folder + "/r.json", "{}\n");
  std::stringstream text;
  text << std::ifstream(folder + "/r.json").rdbuf();
  EXPECT_EQ(text.str(), "{}\n");
  EXPECT_FALSE(std::filesystem::exists(folder + "/r.json.part"));
  std::filesystem::remove_all(folder);
}

TEST(WriteFile, AFolderThatIsNotThereIsAnError) {
  EXPECT_THROW(require_writable("/no/such/folder/r.json"), std::system_error);
  EXPECT_THROW(write_file("/no/such/folder/r.json", ""), std::system_error);
}

}  // namespace
}  // namespace lab
