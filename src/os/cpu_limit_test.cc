// Quotas read from recorded trees of /proc and /sys/fs/cgroup: tests/data/cgroup.
#include "os/cpu_limit.h"

#include <gtest/gtest.h>

#include <sched.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>

namespace weft::os {
namespace {

std::string tree(const std::string& name) { return WEFT_SOURCE_DIR "/tests/data/cgroup/" + name; }

struct Tree {
  const char* name;
  double quota;  // 0: none
};
std::ostream& operator<<(std::ostream& out, const Tree& tree) { return out << tree.name; }

class RecordedTree : public ::testing::TestWithParam<Tree> {};

TEST_P(RecordedTree, GivesItsTightestQuota) {
  const CpuLimit limit = CpuLimits(tree(GetParam().name)).read();
  EXPECT_DOUBLE_EQ(limit.quota, GetParam().quota);
  EXPECT_GE(limit.processors, 1);
  EXPECT_LE(limit.processors, limit.affinity);
  const int granted = limit.quota > 0 ? static_cast<int>(std::ceil(limit.quota)) : limit.affinity;
  EXPECT_EQ(limit.processors, std::min(limit.affinity, granted));
}

INSTANTIATE_TEST_SUITE_P(CpuLimit, RecordedTree,
                         ::testing::Values(Tree{"v2_nested",
                                                1.5},          // the parent's, not the grandparent's 4 nor its own max
                                           Tree{"v2_max", 0},  //
                                           Tree{"v2_namespace", 0.5},  // below one CPU: one processor
                                           Tree{"v2_garbage", 0},      // words, a negative quota, a period of 0
                                           Tree{"v1_nested", 2.5},     // -1 means none
                                           Tree{"v1_container", 1.5},  // the mount's root is the container's own group
                                           Tree{"hybrid", 0.7},        // the cpu controller is on v1
                                           Tree{"v1_sibling", 3},      // "/docker/abcdef" is not below "/docker/abc"
                                           Tree{"v2_outside", 2.5},    // moved out of its namespace
                                           Tree{"no_quota_file", 0}, Tree{"no_such_tree", 0}),
                         [](const auto& tree) { return tree.param.name; });

TEST(CpuLimit, FollowsAFileThatIsRewritten) {
  const std::string root = ::testing::TempDir() + "/weft-cpu-limit-" + std::to_string(::getpid());
  std::filesystem::copy(tree("v2_namespace"), root, std::filesystem::copy_options::recursive);
  const CpuLimits limits(root);
  EXPECT_DOUBLE_EQ(limits.read().quota, 0.5);
  std::ofstream(root + "/sys/fs/cgroup/cpu.max") << "125000 100000\n";
  EXPECT_DOUBLE_EQ(limits.read().quota, 1.25);
  std::ofstream(root + "/sys/fs/cgroup/cpu.max") << "max 100000\n";
  EXPECT_EQ(limits.read().quota, 0);
  std::filesystem::remove_all(root);
  EXPECT_EQ(limits.read().quota, 0) << "the group is gone";
}

TEST(CpuThrottling, IsThatOfTheGroupWithTheTightestQuota) {
  const CpuThrottling v2 = CpuLimits(tree("v2_nested")).throttling();
  EXPECT_EQ(v2.periods, 412);
  EXPECT_EQ(v2.throttled, 37);
  EXPECT_EQ(v2.throttled_nanos, 2'190'044'000);
  const CpuThrottling v1 = CpuLimits(tree("v1_nested")).throttling();
  EXPECT_EQ(v1.periods, 1200);
  EXPECT_EQ(v1.throttled, 300);
  EXPECT_EQ(v1.throttled_nanos, 45'000'111'222);
  for (const char* without : {"v2_max", "v2_garbage", "v2_namespace", "no_such_tree"}) {
    EXPECT_EQ(CpuLimits(tree(without)).throttling().periods, 0) << without;
  }
}

TEST(CpuLimit, TheAffinityMaskCounts) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const CpuLimit limit = CpuLimits().read();
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(limit.affinity, 1);
  EXPECT_EQ(limit.processors, 1);
  EXPECT_EQ(CpuLimits().read().affinity, CPU_COUNT(&before));
}

}  // namespace
}  // namespace weft::os
