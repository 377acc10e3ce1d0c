#include "sched/run_length.h"

#include <gtest/gtest.h>

namespace weft::sched {
namespace {

void run_for(RunLength& length, detail::MonotonicNanos nanos) {
  length.begin(1'000);
  length.end(1'000 + nanos);
}

TEST(RunLength, IsLongUntilShortRunsWereSeen) {
  RunLength length;
  EXPECT_EQ(length.average(), RunLength::kUnknown);
  for (int i = 0; i < 100; ++i) run_for(length, 80);
  EXPECT_LT(length.average(), 200);
}

TEST(RunLength, FollowsARunThatIsLong) {
  RunLength length;
  for (int i = 0; i < 100; ++i) run_for(length, 80);
  run_for(length, 1'000'000);
  EXPECT_GT(length.average(), 100'000);
}

TEST(RunLength, AnAbandonedSampleCountsForNothing) {
  RunLength length;
  for (int i = 0; i < 100; ++i) run_for(length, 80);
  const detail::MonotonicNanos before = length.average();
  length.begin(5);
  EXPECT_TRUE(length.sampling());
  length.abandon();
  EXPECT_FALSE(length.sampling());
  EXPECT_EQ(length.average(), before);
}

TEST(RunLength, WhoeverIsCaughtMakesItLongAgain) {
  RunLength length;
  for (int i = 0; i < 100; ++i) run_for(length, 80);
  length.was_long();
  EXPECT_EQ(length.average(), RunLength::kUnknown);
}

}  // namespace
}  // namespace weft::sched
