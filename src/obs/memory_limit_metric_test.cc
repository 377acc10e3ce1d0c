// The metric of the memory limit in a real control group: at the start, and when the limit changes under the running
// process.
#include <gtest/gtest.h>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "support/child_program.h"
#include "support/memory_group.h"
#include "support/role_main.h"
#include "weft/metrics.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace {

using weft::testing::ChildProgram;
using weft::testing::MemoryGroup;

constexpr std::int64_t kMega = 1 << 20;

std::uint64_t limit_in_metrics() {
  for (const weft::metrics::Sample& sample : weft::metrics::read()) {
    if (sample.name == "/weft/memory/limit:bytes") return sample.value;
  }
  std::abort();
}

// The program in the group: says what the metric is, at its start and whenever that has changed.
int tell_limit() {
  return weft::run([] {
    std::string told;
    while (true) {
      const std::string limit = std::to_string(limit_in_metrics());
      if (limit != told) {
        std::printf("%s\n", limit.c_str());
        std::fflush(stdout);
      }
      told = limit;
      weft::sleep_for(std::chrono::milliseconds(5));
    }
  });
}

class InAMemoryGroup : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why_not;
    group_ = MemoryGroup::make(why_not);
    if (group_ == nullptr) GTEST_SKIP() << why_not << ": needs root and a writable memory controller";
  }

  ChildProgram::Options as_member() const {
    return {.before_exec = [this] { return group_->enter(); }};
  }

  std::unique_ptr<MemoryGroup> group_;
};

TEST_F(InAMemoryGroup, TheMetricIsTheLimitAndFollowsIt) {
  ChildProgram member("tells", as_member());
  const std::string unlimited = member.next_line();  // what the groups above grant; 0: no limit
  ASSERT_NE(unlimited, "") << "it has not entered the group";
  if (unlimited != "0" && std::atoll(unlimited.c_str()) < 1024 * kMega) GTEST_SKIP() << "the limit here: " << unlimited;
  for (const std::int64_t megas : {512, 768, 256}) {
    ASSERT_TRUE(group_->set_limit(megas * kMega));
    const std::string limit = std::to_string(megas * kMega);
    EXPECT_EQ(member.next_line(), limit);
    EXPECT_EQ(ChildProgram("tells", as_member()).next_line(), limit) << "from its start";
  }
  ASSERT_TRUE(group_->set_limit(-1));
  EXPECT_EQ(member.next_line(), unlimited);
}

}  // namespace

int main(int argc, char** argv) { return weft::testing::run_role_or_tests(argc, argv, {{"tells", &tell_limit}}); }
