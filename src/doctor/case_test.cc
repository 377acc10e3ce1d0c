// What follows from the evidence, and what the rules make of it, where live programs showed what no bundle had.
#include "doctor/case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doctor/bundle.h"
#include "doctor/profile_test_support.h"
#include "doctor/verdict.h"

namespace weft::doctor {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Metrics look(double at, std::map<std::string, double, std::less<>> values) {
  Metrics metrics;
  metrics.unix_seconds = at;
  metrics.values = std::move(values);
  return metrics;
}

std::vector<std::string> found(const Verdict& verdict) {
  std::vector<std::string> ids;
  for (const RuleResult& result : verdict.results) {
    for (const Finding& finding : result.judgement.findings) ids.push_back(finding.id());
  }
  return ids;
}

const Judgement& judgement_of(const Verdict& verdict, std::string_view rule) {
  for (const RuleResult& result : verdict.results) {
    if (result.rule->card.id == rule) return result.judgement;
  }
  throw std::logic_error("no such rule");
}

// A live look ends with /debug/vars and /metrics, a millisecond apart: what they allocate is no rate.
TEST(Case, TheTailIsLongerThanTheVisit) {
  const std::string allocated = "/gc/heap/allocs:bytes";
  Evidence evidence;
  for (const auto& [at, bytes] : {std::pair{0.0, 0.0}, {1.0, 1e6}, {2.0, 2e6}, {3.0, 3e6}, {3.002, 5e6}}) {
    evidence.metrics.push_back(look(at, {{allocated, bytes}}));
  }
  EXPECT_NEAR(Case(evidence).tail.rate(allocated).value(), 3e6 / 1.002, 1);
  evidence.metrics.erase(evidence.metrics.begin(), evidence.metrics.begin() + 3);
  EXPECT_NEAR(Case(evidence).tail.rate(allocated).value(), 2e6 / 0.002, 1) << "there is no earlier one";
}

TEST(Case, AnIdleProgramKeepsMemoryWhateverTheVisitAllocates) {
  Evidence evidence;
  for (const auto& [at, bytes] : {std::pair{0.0, 1e9}, {1.5, 1.001e9}, {3.0, 1.002e9}, {3.002, 1.003e9}}) {
    evidence.metrics.push_back(look(at, {{"/gc/heap/allocs:bytes", bytes},
                                         {"/gc/heap/live:bytes", 2e6},
                                         {"/memory/classes/heap/objects:bytes", 600e6},
                                         {"/memory/classes/heap/free:bytes", 1e6},
                                         {"process/resident:bytes", 650e6}}));
  }
  settle(evidence);
  const Case service(evidence);
  EXPECT_EQ(found(judge_all(service)), std::vector<std::string>{"S06"});
}

// client_golang's default metrics, with GOMEMLIMIT set: what is live does not follow from the goal.
TEST(Case, AHeapWhoseLivePartIsUnknownIsNotCalledHealthy) {
  Evidence evidence;
  for (const auto& [at, bytes] : {std::pair{0.0, 1e9}, {3.0, 1.001e9}}) {
    evidence.metrics.push_back(look(at, {{"/gc/heap/allocs:bytes", bytes},
                                         {"/memory/classes/heap/objects:bytes", 600e6},
                                         {"/memory/classes/heap/free:bytes", 1e6},
                                         {"process/resident:bytes", 650e6}}));
  }
  settle(evidence);
  const Case service(evidence);
  const Verdict verdict = judge_all(service);
  EXPECT_EQ(judgement_of(verdict, "S06").outcome, Outcome::kCannotJudge);
}

// Go before 1.21, and client_golang's default metrics under a limit, have no live heap.
TEST(Case, AHeapProfileTellsOfTheLiveHeapWhereCollectionsAreFrequent) {
  Evidence evidence;
  evidence.heap = MadeProfile("inuse_space", "bytes").sample(200'000'000, {"main.grow"}).profile();
  evidence.heap->samples.push_back(evidence.heap->samples.front());
  evidence.heap->values.push_back(56'000'000);
  for (const double at : {0.0, 3.0}) evidence.metrics.push_back(look(at, {{"/gc/cycles/total:gc-cycles", 4 * at}}));
  EXPECT_EQ(Case(evidence).heap_live_bytes, 256e6);
  evidence.metrics.back().values["/gc/cycles/total:gc-cycles"] = 1;
  EXPECT_EQ(Case(evidence).heap_live_bytes, std::nullopt) << "it may be minutes old";
}

// With `URL --pid N` the process is looked at after the profile, for 10 s at most: those are two windows.
TEST(Case, ComparesBusyProcessorsWithTheCpuTimeOfTheSameWindow) {
  Evidence evidence;
  evidence.metrics.push_back(look(100, {{"/gc/cycles/total:gc-cycles", 0},
                                        {"/cpu/classes/total:cpu-seconds", 0},
                                        {"/cpu/classes/idle:cpu-seconds", 0},
                                        {"process/cpu:seconds", 0}}));
  evidence.metrics.push_back(look(130, {{"/gc/cycles/total:gc-cycles", 300},
                                        {"/cpu/classes/total:cpu-seconds", 60},
                                        {"/cpu/classes/idle:cpu-seconds", 0},
                                        {"process/cpu:seconds", 60}}));
  for (const auto& [at, cpu] : {std::pair{130.0, 60.0}, {140.0, 80.0}}) {
    ProcessState state;
    state.unix_seconds = at;
    state.cpu_seconds = cpu;
    evidence.process.push_back(state);
  }
  EXPECT_NEAR(Case(evidence).busy_ratio.value(), 1, 1e-9);
  for (Metrics& metrics : evidence.metrics) metrics.values.erase("process/cpu:seconds");
  EXPECT_NEAR(Case(evidence).busy_ratio.value(), 1, 1e-9) << "by the rates of both windows";
  EXPECT_NEAR(Case(evidence).cores.value(), 2, 1e-9);
}

class Rules : public testing::Test {
 protected:
  Rules() : profile_("cpu", "nanoseconds") { profile_.profile().duration_nanos = 3'000'000'000; }
  // Samples of 10 ms.
  void add(int count, const std::vector<std::string>& names) {
    for (int i = 0; i < count; ++i) profile_.sample(10'000'000, names);
  }
  const Verdict& verdict() {
    evidence_.cpu = profile_.profile();
    service_.emplace(evidence_);
    verdict_ = judge_all(*service_);
    return verdict_;
  }
  MadeProfile profile_;
  Evidence evidence_;
  std::optional<Case> service_;
  Verdict verdict_;
};

// 337 collections a second of a heap of 4 MB on two contended processors: 14.9% looked for work, and no goroutine of
// the program's was there to be scheduled.
TEST_F(Rules, TheSearchOfTheCollectorsWorkersIsNoSchedulerProblem) {
  add(40, {"runtime.findRunnable", "runtime.schedule", "runtime.park_m", "runtime.mcall"});
  add(80, {"runtime.gcDrain", "runtime.gcBgMarkWorker"});
  add(160, {"main.churn.func1"});
  EXPECT_THAT(judgement_of(verdict(), "R5").seen, HasSubstr("because of the collector"));
  EXPECT_EQ(judgement_of(verdict(), "R5").outcome, Outcome::kHealthy);
}

TEST_F(Rules, TheSearchForTinyGoroutinesIsOneBesideTheCollectorToo) {
  add(40, {"runtime.findRunnable", "runtime.schedule", "runtime.park_m", "runtime.mcall"});
  add(40, {"runtime.newproc", "main.perItem"});
  add(80, {"runtime.gcDrain", "runtime.gcBgMarkWorker"});
  add(120, {"main.perItem"});
  EXPECT_THAT(found(verdict()), Contains("R5/S02b"));
}

// 64 connections that echo 30,000 lines a second, 0.35 of 2 cores used: half of the search is netpoll, a quarter
// sleeps.
TEST_F(Rules, ProcessorsThatWaitForTheNetworkAreNoSchedulerProblem) {
  add(12, {"internal/runtime/syscall/linux.EpollWait", "runtime.netpoll", "runtime.findRunnable", "runtime.schedule"});
  add(6, {"runtime.futex", "runtime.futexsleep", "runtime.stopm", "runtime.findRunnable", "runtime.schedule"});
  add(8, {"runtime.(*timers).check", "runtime.findRunnable", "runtime.schedule"});
  add(84, {"internal/runtime/syscall/linux.Syscall6", "syscall.write", "main.answer"});
  const auto outcome_with = [this](double processors) {
    evidence_.metrics = {look(0, {{"/sched/gomaxprocs:threads", processors}})};
    return judgement_of(verdict(), "R5").outcome;
  };
  EXPECT_EQ(outcome_with(2), Outcome::kHealthy);
  EXPECT_EQ(outcome_with(16), Outcome::kFires) << "they would be fewer with a smaller GOMAXPROCS";
}

// On a machine with three times the work that it can do: 0.23 cores had, 1.3 wanted.
TEST_F(Rules, WhoIsKeptFromTheCoreIsNotIdle) {
  profile_.profile().duration_nanos = 15'000'000'000;
  add(110, {"runtime.mallocgcSmallScanNoHeaderSC4", "main.churn.func1"});
  add(110, {"runtime.gcDrain", "runtime.gcBgMarkWorker"});
  add(126, {"main.churn.func1"});
  const auto look_at = [](double at, double idle) {
    return look(at, {{"/gc/cycles/total:gc-cycles", 123 * at},
                     {"/cpu/classes/total:cpu-seconds", 2 * at},
                     {"/cpu/classes/idle:cpu-seconds", idle},
                     {"process/cpu:seconds", 0.24 * at}});
  };
  evidence_.metrics = {look_at(0, 0), look_at(15, 10)};
  EXPECT_THAT(found(verdict()), Contains("R1/S03"));
  EXPECT_THAT(verdict_.notes, Not(Contains(HasSubstr("Mostly idle"))));
  evidence_.metrics = {look_at(0, 0), look_at(15, 27)};
  EXPECT_THAT(found(verdict()), Not(Contains("R1/S03")));
  EXPECT_THAT(verdict_.notes, Contains(HasSubstr("Mostly idle")));
}

TEST_F(Rules, NobodyIsToldToPullALeverThatIsPulled) {
  add(120, {"runtime.gcDrain", "runtime.gcBgMarkWorker"});
  add(180, {"main.work"});
  for (const double at : {0.0, 3.0}) {
    evidence_.metrics.push_back(look(at, {{"/gc/cycles/total:gc-cycles", 3 * at},
                                          {"/gc/gogc:percent", INFINITY},
                                          {"/gc/gomemlimit:bytes", 1.6e9},
                                          {"/gc/heap/goal:bytes", 1.5e9},
                                          {"/gc/heap/live:bytes", 500e6}}));
  }
  EXPECT_THAT(found(verdict()), testing::ElementsAre("R2/S05a"));
  EXPECT_THAT(judgement_of(verdict_, "R2").findings.front().action, HasSubstr("raise GOMEMLIMIT above 1.6 GB"));
}

// Go before 1.21 has no metric for it.
TEST_F(Rules, ALimitThatIsNotKnownMayBeSet) {
  add(120, {"runtime.gcDrain", "runtime.gcBgMarkWorker"});
  add(180, {"main.work"});
  std::map<std::string, double, std::less<>> values{{"/gc/heap/live:bytes", 500e6}, {"/gc/heap/goal:bytes", 600e6}};
  evidence_.metrics.push_back(look(0, values));
  EXPECT_THAT(judgement_of(verdict(), "R2").findings.front().action, HasSubstr("where a limit is set already"));
  evidence_.metrics.front().values["/gc/gomemlimit:bytes"] = INFINITY;
  EXPECT_THAT(judgement_of(verdict(), "R2").findings.front().action, Not(HasSubstr("where a limit is set already")));
}

TEST_F(Rules, NobodyIsAskedForMetricsThatWereGiven) {
  add(120, {"runtime.gcDrain", "runtime.gcBgMarkWorker"});
  add(180, {"main.work"});
  EXPECT_THAT(judgement_of(verdict(), "R2").findings.front().action, HasSubstr("give /metrics"));
  for (const double at : {0.0, 3.0}) {
    evidence_.metrics.push_back(look(
        at, {{"/gc/cycles/total:gc-cycles", 10 * at}, {"/gc/heap/goal:bytes", 240e6}, {"/gc/heap/live:bytes", 8e6}}));
  }
  EXPECT_THAT(found(verdict()), testing::ElementsAre("R2"));
  EXPECT_THAT(judgement_of(verdict_, "R2").findings.front().action, Not(HasSubstr("give /metrics")));
}

}  // namespace
}  // namespace weft::doctor
