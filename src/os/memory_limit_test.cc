// Memory limits read from recorded trees of /proc and /sys/fs/cgroup: tests/data/cgroup.
#include "os/memory_limit.h"

#include <gtest/gtest.h>

namespace weft::os {
namespace {

MemoryLimit limit_of(const std::string& tree) {
  return read_memory_limit(WEFT_SOURCE_DIR "/tests/data/cgroup/" + tree);
}

TEST(MemoryLimit, V2TakesTheTightestOfAllAncestors) {
  const MemoryLimit limit = limit_of("v2_nested");
  EXPECT_EQ(limit.hard, 1073741824u) << "the parent's; its own is wider, the grandparent's \"max\"";
  EXPECT_EQ(limit.high, 805306368u);
  EXPECT_EQ(limit.tightest(), 805306368u);
}

TEST(MemoryLimit, V1HasAPathOfItsOwn) {
  const MemoryLimit limit = limit_of("v1_nested");
  EXPECT_EQ(limit.hard, 536870912u);
  EXPECT_EQ(limit.high, 0u);
  EXPECT_EQ(limit.tightest(), 536870912u);
}

TEST(MemoryLimit, NoneWhereNothingSaysANumber) {
  for (const char* tree : {"hybrid", "v2_max", "v2_garbage", "no_quota_file", "no_such_tree"}) {
    EXPECT_EQ(limit_of(tree).tightest(), 0u) << tree;
  }
}

TEST(MemoryLimit, TheLesserOfTheTwoCounts) {
  EXPECT_EQ((MemoryLimit{.hard = 5, .high = 7}.tightest()), 5u);
  EXPECT_EQ((MemoryLimit{.hard = 0, .high = 7}.tightest()), 7u);
  EXPECT_EQ((MemoryLimit{.hard = 5, .high = 0}.tightest()), 5u);
}

}  // namespace
}  // namespace weft::os
