// How the command ends where there is nothing to judge, or nowhere to write to.
#include "doctor/command.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "doctor/recorded_test_support.h"

namespace weft::doctor {
namespace {

struct End {
  ExitCode code;
  std::string out, err;
};

End run(const DoctorOptions& options) {
  std::ostringstream out, err;
  const ExitCode code = run_doctor(options, out, err);
  return {code, out.str(), err.str()};
}

DoctorOptions of(const std::string& target) {
  DoctorOptions options;
  options.targets = {target};
  return options;
}

TEST(Command, AReportThatNobodyGetsIsAFailure) {
  std::ostringstream out, err;
  out.setstate(std::ios::badbit);
  EXPECT_EQ(run_doctor(of(recorded_path("03-after")), out, err), ExitCode::kUnusable);
  EXPECT_EQ(err.str(), "weft doctor: standard output: not writable\n");
}

// The file and the reason, in the system's words and no library's.
TEST(Command, SaysWhichFileAndWhy) {
  const std::string folder = ::testing::TempDir() + "weft_command_test" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::filesystem::create_symlink("loop", folder + "/loop");
  EXPECT_EQ(run(of(folder + "/loop")).err, "weft doctor: " + folder + "/loop: Too many levels of symbolic links\n");
  EXPECT_EQ(run(of(folder + "/none")).err, "weft doctor: " + folder + "/none: No such file or directory\n");
  const End nothing = run(of(folder));
  EXPECT_EQ(nothing.code, ExitCode::kUnusable);
  EXPECT_EQ(nothing.out, "");
  EXPECT_EQ(nothing.err, "weft doctor: nothing that can be judged was read\n");
  std::filesystem::remove_all(folder);
}

TEST(Command, KeepsOneLookInAFolderOfItsOwn) {
  DoctorOptions options = of(recorded_path("03-after"));
  options.save = recorded_path("03-before");
  EXPECT_EQ(run(options).err, "weft doctor: --save keeps what a URL or --pid says: name one\n");
  options.targets = {"http://127.0.0.1:1", "http://127.0.0.1:2"};
  EXPECT_EQ(run(options).err, "weft doctor: --save keeps one look: name one URL\n");
  options.targets.resize(1);
  EXPECT_EQ(run(options).err, "weft doctor: " + *options.save + ": Directory not empty\n");
}

TEST(Command, WritesAComparisonAsJson) {
  DoctorOptions options;
  options.before = recorded_path("05small-before");
  options.after = recorded_path("05small-after");
  options.json = "-";
  const End end = run(options);
  EXPECT_EQ(end.code, ExitCode::kFindings);
  const boost::json::object report = boost::json::parse(end.out).as_object();
  EXPECT_EQ(report.at("schema"), "weft-doctor-comparison/1");
  std::map<std::string, std::string> fates;
  for (const auto& change : report.at("changes").as_array())
    fates[std::string(change.at("id").as_string())] = change.at("fate").as_string();
  EXPECT_EQ(fates, (std::map<std::string, std::string>{{"R1/S03", "stays"}, {"R2/S05b", "gone"}, {"S14", "new"}}));
  EXPECT_FALSE(report.at("numbers").as_array().empty());
}

TEST(Command, ALongListOfFilesIsCut) {
  const std::string folder = ::testing::TempDir() + "weft_command_test_many" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  for (int i = 0; i < 60; ++i) std::ofstream(folder + "/" + std::to_string(i) + ".txt") << "no evidence\n";
  std::filesystem::copy(recorded_path("02-before/gctrace.log"), folder + "/gctrace.log");
  EXPECT_NE(run(of(folder)).out.find("  and 10 more\n"), std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(Command, ExplainNamesTheRulesThatThereAre) {
  std::ostringstream out, err;
  EXPECT_EQ(explain("R99\x1b", false, out, err), ExitCode::kUnusable);
  EXPECT_TRUE(err.str().starts_with("weft doctor: there is no rule 'R99?'; there are S11 "));
  EXPECT_EQ(explain("r2/s05b", false, out, err), ExitCode::kHealthy);
  EXPECT_TRUE(out.str().starts_with("S05: collector pacing"));
}

}  // namespace
}  // namespace weft::doctor
