// max_procs in a real control group: at the start, and when the quota changes under the running process; and when its
// affinity mask does.
#include <gtest/gtest.h>
#include <sched.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/child_program.h"
#include "support/cpu_group.h"
#include "weft/metrics.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace {

using weft::testing::CpuGroup;

constexpr int kCpu = CpuGroup::kPeriodMicros;

// The program in the group: says how many processors it has, at its start and whenever that has changed.
int tell_processors(bool by_hand) {
  return weft::run([&] {
    if (by_hand) weft::set_max_procs(3);
    for (int told = 0;;) {
      const int processors = weft::max_procs();
      if (processors != told) {
        std::printf("%d\n", processors);
        std::fflush(stdout);
      }
      told = processors;
      weft::sleep_for(std::chrono::milliseconds(5));
    }
  });
}

std::uint64_t metric(std::string_view name) {
  for (const weft::metrics::Sample& sample : weft::metrics::read()) {
    if (sample.name == name) return sample.value;
  }
  std::abort();
}

// Computes until it has been stopped for it, and says what the quota is.
int tell_throttling() {
  while (metric("/weft/cpu/quota/throttled-time:nanoseconds") == 0) {
  }
  const std::uint64_t throttled = metric("/weft/cpu/quota/throttled:periods");
  const bool whole = throttled > 0 && metric("/weft/cpu/quota/periods:periods") >= throttled;
  std::printf("%d\n", whole ? static_cast<int>(metric("/weft/cpu/quota:millicpus")) : -1);
  return 0;
}

class Member {
 public:
  Member(const CpuGroup& group, const char* role, const char* max_procs = nullptr)
      : program_(role, {.environment = max_procs != nullptr ? Environment{{"WEFT_MAXPROCS", max_procs}} : Environment(),
                        .before_exec = [&] { return group.enter(); }}) {}

  /// -1: it has said nothing more.
  int next_number() {
    const std::string line = program_.next_line();
    return line.empty() ? -1 : std::atoi(line.c_str());
  }
  void end() { program_.end(); }

 private:
  using Environment = std::vector<std::pair<std::string, std::string>>;
  weft::testing::ChildProgram program_;
};

class InACpuGroup : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why_not;
    group_ = CpuGroup::make(why_not);
    if (group_ == nullptr) GTEST_SKIP() << why_not << ": needs root and a writable cpu controller";
    cpu_set_t mask;
    ASSERT_EQ(::sched_getaffinity(0, sizeof mask, &mask), 0);
    cpus_ = CPU_COUNT(&mask);
    if (cpus_ < 2) GTEST_SKIP() << "needs two CPUs";
  }

  std::unique_ptr<CpuGroup> group_;
  int cpus_ = 0;
};

TEST_F(InACpuGroup, MaxProcsIsTheQuotaAndFollowsIt) {
  ASSERT_TRUE(group_->set_quota(2 * kCpu));
  Member member(*group_, "follows");
  EXPECT_EQ(member.next_number(), 2);
  ASSERT_TRUE(group_->set_quota(kCpu / 2));
  EXPECT_EQ(member.next_number(), 1) << "below one CPU: one processor";
  ASSERT_TRUE(group_->set_quota(kCpu * 3 / 2));
  EXPECT_EQ(member.next_number(), 2);
  ASSERT_TRUE(group_->set_quota(kCpu));
  EXPECT_EQ(member.next_number(), 1);
  ASSERT_TRUE(group_->set_quota(-1));
  EXPECT_EQ(member.next_number(), cpus_);
}

// The other member's answer says that the time to follow has passed for the first as well: it started earlier.
TEST_F(InACpuGroup, ANumberSetByHandStays) {
  ASSERT_TRUE(group_->set_quota(2 * kCpu));
  Member by_environment(*group_, "follows", "5");
  Member by_call(*group_, "by hand");
  EXPECT_EQ(by_environment.next_number(), 5);
  EXPECT_EQ(by_call.next_number(), 3);
  {
    Member follows(*group_, "follows");
    EXPECT_EQ(follows.next_number(), 2);
    for (const int cpus : {1, 2, 1}) {
      ASSERT_TRUE(group_->set_quota(cpus * kCpu));
      EXPECT_EQ(follows.next_number(), cpus);
    }
  }
  for (Member* member : {&by_environment, &by_call}) {
    member->end();
    EXPECT_EQ(member->next_number(), -1);
  }
}

TEST_F(InACpuGroup, TheMetricsTellOfThrottling) {
  ASSERT_TRUE(group_->set_quota(kCpu / 5));
  Member member(*group_, "throttled");
  EXPECT_EQ(member.next_number(), 200);
}

// As `taskset -ap` and a cpuset that changes do it: every thread of the process, until none is new.
void set_affinity(pid_t process, const cpu_set_t& mask) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
      const pid_t id = std::atoi(thread.path().filename().c_str());
      cpu_set_t now;
      if (::sched_getaffinity(id, sizeof now, &now) != 0 || CPU_EQUAL(&now, &mask))
        continue;  // it has ended, or has it
      if (::sched_setaffinity(id, sizeof mask, &mask) == 0) changed = true;
    }
  }
}

TEST(CpuFollower, TheAffinityMaskIsFollowed) {
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  weft::testing::ChildProgram program("follows");
  const int processors = std::atoi(program.next_line().c_str());
  if (processors < 2) GTEST_SKIP() << "needs two CPUs";
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  }
  for (int round = 0; round < 2; ++round) {
    set_affinity(program.pid(), one);
    EXPECT_EQ(program.next_line(), "1");
    set_affinity(program.pid(), all);
    EXPECT_EQ(program.next_line(), std::to_string(processors));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "follows") == 0) return tell_processors(false);
  if (argc == 2 && std::strcmp(argv[1], "by hand") == 0) return tell_processors(true);
  if (argc == 2 && std::strcmp(argv[1], "throttled") == 0) return tell_throttling();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
