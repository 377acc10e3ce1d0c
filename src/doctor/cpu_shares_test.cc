// Shares on captured profiles (tests/data/doctor, Go 1.27.4), held against what other tools made of them; and on
// made-up ones, for what no captured profile has.
#include "doctor/cpu_shares.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "doctor/profile_test_support.h"
#include "pprof/reader.h"

namespace weft::doctor {
namespace {

using enum FrameClass;

pprof::Profile captured(const std::string& bundle) {
  std::ifstream file(WEFT_SOURCE_DIR "/tests/data/doctor/" + bundle + "/cpu.pb.gz", std::ios::binary);
  return pprof::read_profile(std::string(std::istreambuf_iterator<char>(file), {}));
}

double percent(Share share) { return 100 * share.value(); }

// Percent of samples, from the table of measured shares that the rules were made with.
struct Row {
  const char* bundle;
  std::int64_t samples;
  double cores, mallocgc, alloc, gc_background, gc_all, morestack, grow, cgo, cross, find, sched, locked;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.bundle; }

class MeasuredShares : public ::testing::TestWithParam<Row> {};

TEST_P(MeasuredShares, AreThoseOfTheTable) {
  const Row& row = GetParam();
  const pprof::Profile profile = captured(row.bundle);
  const CpuShares shares(profile);
  constexpr double kNear = 0.2;
  const auto cumulative = [&](std::string_view name) {
    return percent({shares.function(name).cumulative, shares.total()});
  };
  EXPECT_EQ(pprof::kind_of(profile), pprof::ProfileKind::kCpu);
  EXPECT_EQ(shares.total(), row.samples);
  EXPECT_NEAR(shares.cores().value(), row.cores, 0.006);
  EXPECT_NEAR(cumulative("runtime.mallocgc"), row.mallocgc, kNear);
  EXPECT_NEAR(cumulative("runtime.morestack"), row.morestack, kNear);
  EXPECT_NEAR(percent(shares.any(kAlloc)), row.alloc, kNear);
  EXPECT_NEAR(percent(shares.any(kGcBackground)), row.gc_background, kNear);
  EXPECT_NEAR(percent(shares.any(kGcAll)), row.gc_all, kNear);
  EXPECT_NEAR(percent(shares.any(kGrow)), row.grow, kNear);
  EXPECT_NEAR(percent(shares.any(kCgo)), row.cgo, kNear);
  EXPECT_NEAR(percent(shares.any(kCross)), row.cross, kNear);
  EXPECT_NEAR(percent(shares.any(kFind)), row.find, kNear);
  EXPECT_NEAR(percent(shares.any(kSched)), row.sched, kNear);
  EXPECT_NEAR(percent(shares.any(kLocked)), row.locked, kNear);
}

INSTANTIATE_TEST_SUITE_P(
    CpuShares, MeasuredShares,
    ::testing::Values(Row{"02-after", 518, 1.01, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.6, 0.8, 0.0},
                      Row{"02-before", 552, 1.00, 0.4, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.7, 1.3, 0.0},
                      Row{"02b-before", 321, 0.53, 5.9, 12.8, 2.8, 20.6, 0.0, 0.0, 0.0, 0.0, 13.7, 48.3, 0.0},
                      Row{"03-after", 585, 0.97, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.2, 0.0},
                      Row{"03-before", 577, 0.95, 9.7, 12.1, 6.8, 30.5, 0.0, 0.0, 0.0, 0.0, 12.5, 30.2, 0.0},
                      Row{"04-after", 554, 0.92, 0.0, 0.0, 0.0, 0.0, 0.2, 0.0, 98.7, 1.4, 0.0, 0.2, 0.0},
                      Row{"04-before", 570, 0.95, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 91.4, 72.3, 0.0, 0.0, 0.0},
                      Row{"05big-after", 819, 1.01, 2.9, 15.4, 1.5, 3.7, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
                      Row{"05big-before", 776, 0.96, 4.3, 15.1, 11.2, 20.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
                      Row{"05small-after", 1583, 1.97, 12.4, 51.2, 0.2, 13.3, 0.1, 0.0, 0.0, 0.0, 0.1, 0.2, 0.0},
                      Row{"05small-before", 1420, 1.77, 13.5, 58.7, 6.3, 42.7, 3.9, 0.0, 0.0, 0.0, 2.0, 5.7, 0.0},
                      Row{"07-after", 602, 1.00, 0.2, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0},
                      Row{"07-before", 676, 1.13, 42.6, 53.7, 7.8, 14.9, 3.3, 0.0, 0.0, 0.0, 1.0, 3.7, 0.0},
                      Row{"08-after", 802, 1.00, 1.4, 3.0, 0.4, 0.7, 0.2, 0.0, 0.0, 0.0, 0.0, 0.2, 0.0},
                      Row{"08-before", 805, 1.00, 0.7, 2.0, 2.5, 2.5, 0.2, 0.0, 0.0, 0.0, 0.0, 0.2, 0.0},
                      Row{"09-after", 1189, 1.94, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.3, 1.0, 1.9, 20.6, 0.0},
                      Row{"09-before", 636, 1.06, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.3, 0.3, 94.8, 92.5},
                      Row{"11-after", 462, 0.43, 3.0, 3.0, 2.6, 3.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.0},
                      Row{"11-before", 449, 0.45, 3.1, 3.1, 1.3, 5.8, 0.0, 0.0, 0.0, 0.0, 0.4, 0.4, 0.0},
                      Row{"12-before", 688, 1.15, 0.0, 0.4, 0.7, 0.7, 0.1, 64.7, 0.0, 0.0, 1.9, 5.5, 0.0},
                      Row{"14-after", 663, 1.10, 17.5, 20.7, 7.8, 15.7, 3.2, 0.0, 0.0, 0.0, 1.4, 3.6, 0.0},
                      Row{"14-before", 580, 0.96, 14.8, 18.3, 4.1, 20.7, 0.0, 0.2, 0.0, 0.0, 2.2, 8.4, 0.0},
                      Row{"neg-idle", 17, 0.03, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 64.7, 76.5, 0.0}));

// What the report on each captured profile said beyond the table.
TEST(CpuShares, AreThoseOfTheReports) {
  struct Said {
    const char* bundle;
    FrameClass classes;
    double percent;
  };
  for (const Said& said : {Said{"03-before", kAlloc | kGcAll, 38.8},       //
                           Said{"02b-before", kAlloc | kGcAll, 28.0},      //
                           Said{"05small-before", kAlloc | kGcAll, 72.5},  //
                           Said{"07-before", kAlloc | kGcAll, 65.5},       //
                           Said{"14-before", kAlloc | kGcAll, 33.1},       //
                           Said{"05small-before", kAssist, 9.44},          //
                           Said{"05big-before", kAssist, 4.9},             //
                           Said{"07-before", kBox, 45.86},                 //
                           Said{"14-after", kBox, 0.45},                   //
                           Said{"02b-before", kNewGoroutine, 32.4},        //
                           Said{"12-before", kNewGoroutine, 6.25},         //
                           Said{"02b-before", kChan, 28.97},               //
                           Said{"09-after", kChan, 84.1},                  //
                           Said{"08-after", kMapIterate, 62.47},           //
                           Said{"08-before", kMapIterate, 6.09},           //
                           Said{"12-before", kGrow | kPreempt, 73.55},     //
                           Said{"05small-before", kPreempt, 3.9},          //
                           Said{"07-before", kPreempt, 3.3}}) {
    const pprof::Profile profile = captured(said.bundle);
    EXPECT_NEAR(percent(CpuShares(profile).any(said.classes)), said.percent, 0.2) << said.bundle;
  }
}

TEST(CpuShares, BoxingIsMostOfTheAllocator) {
  const pprof::Profile profile = captured("07-before");
  const CpuShares shares(profile);
  const double part = 100 * shares.any(kBox).value() / shares.any(kAlloc).value();
  EXPECT_NEAR(part, 85.4, 0.2);
  EXPECT_EQ(shares.all(kBox | kAlloc).hits, shares.any(kBox).hits - shares.any_without(kBox, kAlloc).hits);
}

// Tools that leave the landing pad where it is take its time for the runtime's: the reports did.
TEST(CpuShares, UserCodeIsWhatTheReportsSaidAndTheLandingPad) {
  struct Said {
    const char* bundle;
    double percent;
  };
  for (const Said& said :
       {Said{"02-after", 92.5}, Said{"02-before", 97.1}, Said{"05big-after", 63.6}, Said{"05big-before", 56.4},
        Said{"05small-after", 43.4}, Said{"07-after", 58.5}, Said{"08-before", 85.2}, Said{"14-before", 39.1}}) {
    const pprof::Profile profile = captured(said.bundle);
    const CpuShares shares(profile);
    EXPECT_NEAR(percent(shares.user_code()) - percent(shares.user_code_at_landing()), said.percent, 0.2) << said.bundle;
  }
  const pprof::Profile throttled = captured("11-before");
  EXPECT_NEAR(percent(CpuShares(throttled).user_code()), 91.1, 0.2);
  EXPECT_NEAR(percent(CpuShares(throttled).user_code_at_landing()), 46.8, 0.2);
}

TEST(CpuShares, DeepRecursionUnderStackGrowth) {
  const pprof::Profile profile = captured("12-before");
  const CpuShares shares(profile);
  EXPECT_NEAR(percent(shares.repeating_user_function(kGrow | kPreempt, 8)), 86.4, 0.2);
  EXPECT_NEAR(percent(shares.repeating_user_function(kGrow, 8)), 88.3, 0.2);
  EXPECT_EQ(shares.repeating_user_function(kGrow, 1'000).hits, 0);
  const pprof::Profile healthy = captured("05small-before");
  EXPECT_EQ(CpuShares(healthy).repeating_user_function(kPreempt, 8).hits, 0);
}

TEST(CpuShares, SelfTimeOfAFunctionAndItsMapIteration) {
  const pprof::Profile profile = captured("08-before");
  const CpuShares shares(profile);
  const FunctionUse use = shares.function("main.sumPtrs");
  EXPECT_NEAR(percent({use.self, shares.total()}), 85.5, 0.2);  // 84.6 and the landing pad
  EXPECT_GT(use.cumulative, use.self);
  EXPECT_NEAR(percent(shares.any_with_function(kMapIterate, "main.sumPtrs")), 6.0, 0.2);
  EXPECT_EQ(shares.any_with_function(kMapIterate, "main.nobody").hits, 0);
  EXPECT_EQ(shares.function("main.nobody").cumulative, 0);
}

TEST(CpuShares, NamesTheUsersFunctionsAboveAClass) {
  const auto first = [](const char* bundle, FrameClass classes) {
    const pprof::Profile profile = captured(bundle);
    const std::vector<UserFrame> frames = CpuShares(profile).user_frames_above(classes, 5);
    return frames.empty() ? std::string() : std::string(frames[0].name);
  };
  EXPECT_EQ(first("04-before", kCgo), "main._Cfunc_s2_cellid");
  EXPECT_EQ(first("05small-before", kAlloc), "main.churn");
  EXPECT_EQ(first("12-before", kGrow), "main.parse");
  EXPECT_EQ(first("02-before", kCgo), "");
}

TEST(WilsonLower, IsTheLowerEndOfTheInterval) {
  EXPECT_NEAR(wilson_lower(50, 100), 0.4038, 1e-4);
  EXPECT_NEAR(wilson_lower(1, 14), 0.0127, 1e-4);
  EXPECT_NEAR(wilson_lower(10, 10), 0.7225, 1e-4);
  EXPECT_NEAR(wilson_lower(1'000'000, 2'000'000), 0.4993, 1e-4);
  EXPECT_EQ(wilson_lower(0, 100), 0);
  EXPECT_EQ(wilson_lower(0, 0), 0);
  EXPECT_EQ(wilson_lower(5, 0), 0);
  EXPECT_EQ(wilson_lower(-1, 100), 0);
  EXPECT_LE(wilson_lower(200, 100), 1);
}

TEST(CpuShares, ShrinkingAStackIsNotGrowingIt) {
  MadeProfile made("samples", "count");
  made.sample(3, {"runtime.copystack", "runtime.shrinkstack", "runtime.newstack", "main.f"});
  made.sample(1, {"runtime.copystack", "runtime.newstack", "main.f"});
  made.sample(2, {"runtime.gopreempt_m", "runtime.newstack", "runtime.morestack", "main.f"});
  const CpuShares shares(made.profile());
  EXPECT_EQ(shares.any(kGrow).hits, 1);
  EXPECT_EQ(shares.any(kPreempt).hits, 2);
  EXPECT_EQ(shares.any(kShrink).hits, 3);
}

TEST(CpuShares, ACrossingCountsInsideAForeignCallOnly) {
  MadeProfile made("samples", "count");
  made.sample(3, {"runtime.exitsyscall", "runtime.cgocall", "main.f"});
  made.sample(4, {"runtime.exitsyscall", "syscall.Read", "main.f"});
  EXPECT_EQ(CpuShares(made.profile()).any(kCross).hits, 3);
}

TEST(CpuShares, UnnamedLeavesAndEmptyStacksAreNobodysTime) {
  MadeProfile made("samples", "count");
  made.sample(1, {});
  made.sample(2, {"", ""});
  made.sample(4, {"", "main.f"});
  made.sample(8, {"runtime.asyncPreempt", "main.f"});
  made.sample(16, {"runtime.asyncPreempt"});
  const CpuShares shares(made.profile());
  EXPECT_EQ(shares.total(), 31);
  EXPECT_EQ(shares.named().hits, 28);
  EXPECT_EQ(shares.user_code().hits, 12);
  EXPECT_EQ(shares.user_code_at_landing().hits, 8);
  EXPECT_EQ(shares.function("main.f").self, 12);
}

TEST(CpuShares, RecursionCountsAFunctionOnceInASample) {
  MadeProfile made("samples", "count");
  made.sample(5, {"main.f", "main.f", "main.f", "main.main"});
  const CpuShares shares(made.profile());
  EXPECT_EQ(shares.function("main.f").cumulative, 5);
  EXPECT_EQ(shares.function("main.f").self, 5);
  EXPECT_EQ(shares.functions().size(), 2u);
}

TEST(CpuShares, CppsLibraryIsPassedOverForTheUsersName) {
  MadeProfile made("samples", "count");
  made.sample(1, {"_int_malloc", "malloc", "operator new(unsigned long)",
                  "std::vector<int, std::allocator<int> >::push_back(int)", "app::fill()", "main"});
  const auto frames = CpuShares(made.profile()).user_frames_above(kAlloc, 3);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].name, "app::fill()");
}

TEST(CpuShares, CountsOfAnyKindAreTaken) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  MadeProfile made("samples", "count");
  made.sample(kMost, {"main.f"}).sample(kMost, {"main.f"}).sample(-5, {"main.g"}).sample(0, {"main.g"});
  const CpuShares shares(made.profile());
  EXPECT_EQ(shares.total(), kMost);
  EXPECT_EQ(shares.function("main.f").self, kMost);
  EXPECT_EQ(shares.function("main.g").self, 0);
  EXPECT_FALSE(shares.cores().has_value());
}

TEST(CpuShares, CoresComeFromTimeOrFromThePeriod) {
  MadeProfile time("cpu", "microseconds");
  time.sample(2'000'000, {"main.f"});
  time.profile().duration_nanos = 4'000'000'000;
  EXPECT_EQ(CpuShares(time.profile()).total(), 1);
  EXPECT_DOUBLE_EQ(CpuShares(time.profile()).cores().value(), 0.5);
  MadeProfile period("samples", "count");
  period.sample(100, {"main.f"});
  period.profile().duration_nanos = 1'000'000'000;
  EXPECT_FALSE(CpuShares(period.profile()).cores().has_value());
  period.profile().period_type = {"cpu", "nanoseconds"};
  period.profile().period = 10'000'000;
  EXPECT_DOUBLE_EQ(CpuShares(period.profile()).cores().value(), 1.0);
}

TEST(CpuShares, GosLibraryIsPassedOverForTheCaller) {
  MadeProfile made("samples", "count");
  made.sample(3,
              {"runtime.mallocgc", "reflect.unsafe_New", "encoding/json.Unmarshal", "main.handle", "net/http.serve"});
  made.sample(2, {"runtime.mallocgc", "bufio.NewReader", "main.handle", "net/http.serve"});
  made.sample(1, {"runtime.mallocgc", "bufio.NewReader", "net/http.serve"});
  const CpuShares shares(made.profile());
  ASSERT_EQ(shares.callers_above(kAlloc, 3).size(), 1u);
  EXPECT_EQ(shares.callers_above(kAlloc, 3)[0].name, "main.handle");
  EXPECT_EQ(shares.callers_above(kAlloc, 3)[0].samples, 5);
  EXPECT_EQ(shares.user_frames_above(kAlloc, 3)[0].name, "bufio.NewReader");
}

TEST(CpuShares, AnEmptyNameIsNone) {
  MadeProfile made("samples", "count");
  made.sample(3, {"main.f"}).sample(1, {"main.f", "main.g"});
  made.profile().functions[0].name.clear();
  made.profile().functions[0].system_name.clear();
  EXPECT_EQ(CpuShares(made.profile()).named().hits, 1);
}

TEST(CpuShares, AProfileOfNothingHasShares) {
  const pprof::Profile nothing;
  const CpuShares shares(nothing);
  EXPECT_EQ(shares.total(), 0);
  EXPECT_EQ(shares.any(kAlloc).value(), 0);
  EXPECT_EQ(shares.any(kAlloc).lower(), 0);
  EXPECT_TRUE(shares.user_frames_above(kAlloc, 5).empty());
}

}  // namespace
}  // namespace weft::doctor
