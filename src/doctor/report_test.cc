// Reports where evidence is missing or hostile. What they say of captured services is held in tests/golden.
#include "doctor/report.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "doctor/bundle.h"
#include "doctor/comparison.h"
#include "doctor/recorded_test_support.h"

namespace weft::doctor {
namespace {

pprof::Profile cpu_profile(const std::vector<std::string>& stack, std::int64_t samples) {
  pprof::Profile profile;
  profile.sample_types = {{"samples", "count"}, {"cpu", "nanoseconds"}};
  profile.duration_nanos = 1'000'000'000;
  for (const std::string& name : stack) {
    const auto at = static_cast<std::uint32_t>(profile.functions.size());
    profile.functions.push_back({name, "", ""});
    profile.lines.push_back({at, 1});
    pprof::Location location;
    location.first_line = at;
    location.line_count = 1;
    profile.locations.push_back(location);
    profile.stacks.push_back(at);
  }
  pprof::Sample sample;
  sample.location_count = static_cast<std::uint32_t>(stack.size());
  profile.samples.push_back(sample);
  profile.values = {samples, samples * 10'000'000};
  return profile;
}

template <class Write>
std::string report(const Evidence& evidence, Write&& write) {
  const Case service(evidence);
  const Verdict verdict = judge_all(service);
  std::ostringstream out;
  write(out, service, verdict);
  return out.str();
}

std::string text_of(const Evidence& evidence) {
  return report(evidence, [](auto& out, auto& service, auto& verdict) { write_text(out, service, verdict); });
}

std::string comparison(const Evidence& before, const Evidence& after) {
  const Case old_case(before), new_case(after);
  const Verdict old_verdict = judge_all(old_case), new_verdict = judge_all(new_case);
  std::ostringstream out;
  write_comparison(out, old_case, new_case, compare(old_case, old_verdict, new_case, new_verdict));
  return out.str();
}

Evidence bundle(const std::string& name) {
  Evidence evidence;
  add_folder(evidence, recorded_path(name));
  settle(evidence);
  evidence.name = name;
  return evidence;
}

TEST(Report, AProfileOfAnotherRuntimeIsNotHealthy) {
  Evidence evidence;
  evidence.cpu = cpu_profile({"core::ops::FnOnce::call_once", "app::main"}, 500);
  EXPECT_NE(text_of(evidence).find("Nothing could be judged."), std::string::npos);
  EXPECT_NE(text_of(evidence).find("no function of Go's or of weft's runtime"), std::string::npos);
  evidence.cpu = cpu_profile({"main.work", "runtime.main"}, 500);
  EXPECT_NE(text_of(evidence).find("Checked and healthy"), std::string::npos);
}

// However many samples it had.
TEST(Report, AProfileWithoutNamesIsNotAskedToBeLonger) {
  Evidence evidence;
  evidence.cpu = cpu_profile({""}, 7);
  EXPECT_NE(text_of(evidence).find("no function names"), std::string::npos);
  EXPECT_EQ(text_of(evidence).find("--seconds"), std::string::npos);
}

TEST(Report, WeftIsGivenItsOwnLevers) {
  Evidence evidence;
  evidence.is_weft = true;
  evidence.cpu = cpu_profile({"weft::detail::BlockingScope::~BlockingScope()", "app::read()", "main"}, 500);
  const std::string text = text_of(evidence);
  EXPECT_NE(text.find("leaving weft::blocking()"), std::string::npos) << text;
  EXPECT_EQ(text.find("#cgo"), std::string::npos);
  for (const double throttled : {0.0, 80.0}) {
    ProcessState& state = evidence.process.emplace_back();
    state.quota_cpus = 0.5;
    state.periods = 1.25 * throttled;
    state.throttled_periods = throttled;
  }
  evidence.sched_lines.emplace_back().processors = 16;
  EXPECT_NE(text_of(evidence).find("WEFT_MAXPROCS=1, for it runs 16"), std::string::npos) << text_of(evidence);
}

TEST(Report, ADumpSaysWhichGoroutineIsLocked) {
  Evidence evidence;
  evidence.cpu = cpu_profile({"runtime.stoplockedm", "runtime.schedule", "runtime.mcall"}, 500);
  GoroutineDump dump;
  dump.source = "goroutine.txt";
  DumpedGoroutines& locked = dump.goroutines.emplace_back();
  locked.locked_to_thread = true;
  locked.stack = {"runtime.gopark", "time.Sleep", "main.render"};
  evidence.dumps.push_back(dump);
  EXPECT_NE(text_of(evidence).find("goroutine.txt: a goroutine is locked to a thread in main.render"),
            std::string::npos);
}

// What waits is the program's, whatever of Go's library it waits in; what never ran has nothing of the runtime's.
TEST(Report, GoroutinesStandInTheUsersCode) {
  const std::string text = text_of(bundle("02-before"));
  EXPECT_NE(text.find("95.3%  main.processBackground"), std::string::npos) << text;
  EXPECT_EQ(text.find("  time.Sleep"), std::string::npos);
}

TEST(Report, WhatCouldNotBeJudgedIsListedByWhatIsMissing) {
  const std::string text = text_of(bundle("neg-idle"));
  const auto first = text.find("only 17 CPU samples");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("only 17 CPU samples", first + 1), std::string::npos);
  EXPECT_NE(text.find("R4 foreign calls hot, S09 pinned to a thread"), std::string::npos);
  EXPECT_NE(text.find("4 of 16 rules could be judged"), std::string::npos);
}

TEST(Report, NamesAreHarmlessInEveryForm) {
  Evidence evidence;
  evidence.name = "\x1b[2J";
  evidence.cpu = cpu_profile({"runtime.mallocgc", "main.\xff\x1b]0;a\x07</script>", "runtime.goexit"}, 500);
  for (const auto& form : {text_of(evidence), report(evidence, write_json), report(evidence, write_html)}) {
    EXPECT_EQ(form.find_first_of("\x1b\x07\xff"), std::string::npos) << form;
  }
  const auto json = boost::json::parse(report(evidence, write_json));
  EXPECT_EQ(json.at("findings").at(0).at("sites").at(0).at("function"), "main.??]0;a?</script>");
  const std::string page = report(evidence, write_html);
  EXPECT_EQ(page.find("a?</script>"), std::string::npos);
}

TEST(Comparison, WithoutEvidenceNothingIsGoneOrNew) {
  const Evidence started = bundle("01-before"), busy = bundle("03-before");
  EXPECT_NE(comparison(started, busy).find("unknown S01"), std::string::npos);
  EXPECT_NE(comparison(started, busy).find("found   R1/S03"), std::string::npos);
  EXPECT_EQ(comparison(started, busy).find("new  "), std::string::npos);
  EXPECT_NE(comparison(bundle("03-after"), busy).find("new     R1/S03"), std::string::npos);
}

TEST(Comparison, SaysWhatTheRuleSeesWhereTheFindingIsNot) {
  const std::string text = comparison(bundle("04-before"), bundle("04-after"));
  EXPECT_NE(text.find("gone    R4/S04"), std::string::npos);
  EXPECT_NE(text.find("after   calls of C 98.7% of CPU, of which 1.5% is the crossing"), std::string::npos);
  EXPECT_NE(text.find("1 gone, 0 still there, 0 new."), std::string::npos);
}

TEST(Explain, TakesTheIdsThatReportsPrint) {
  EXPECT_EQ(find_rule("R2/S05b"), find_rule("S05"));
  EXPECT_EQ(find_rule("s05B"), find_rule("S05"));
  EXPECT_EQ(find_rule("R4/S09"), find_rule("S09"));
  EXPECT_EQ(find_rule("S02-leak"), find_rule("S02"));
  for (const char* none : {"", "/", "S", "S1", "S111", "R22", "R2b", "all rules"})
    EXPECT_EQ(find_rule(none), nullptr) << none;
}

}  // namespace
}  // namespace weft::doctor
