#include "http/reset_budget.h"

#include <gtest/gtest.h>

namespace weft::http {
namespace {

using namespace std::chrono_literals;

TEST(ResetBudget, IsABurstAndSoManyASecondAfterThat) {
  ResetBudget budget;
  const auto begin = ResetBudget::Clock::now();
  for (int i = 0; i < ResetBudget::kBurst; ++i) EXPECT_TRUE(budget.take(begin)) << i;
  EXPECT_FALSE(budget.take(begin));
  for (int i = 0; i < 2 * ResetBudget::kPerSecond; ++i) EXPECT_TRUE(budget.take(begin + 2500ms)) << i;
  EXPECT_FALSE(budget.take(begin + 2500ms)) << "half a second is none";
}

TEST(ResetBudget, DoesNotGrowBeyondItsBurst) {
  ResetBudget budget;
  const auto later = ResetBudget::Clock::now() + 24h;
  for (int i = 0; i < ResetBudget::kBurst; ++i) EXPECT_TRUE(budget.take(later)) << i;
  EXPECT_FALSE(budget.take(later));
}

}  // namespace
}  // namespace weft::http
