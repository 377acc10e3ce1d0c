#include "lab/harness/statistics.h"

#include <gtest/gtest.h>

namespace lab {
namespace {

TEST(Series, MedianOfOddEvenAndNone) {
  EXPECT_EQ(Series({{3, 1, 2}}).median(), 2);
  EXPECT_EQ(Series({{4, 1, 2, 3}}).median(), 2.5);
  EXPECT_EQ(Series{}.median(), 0);
}

TEST(Series, SpreadIsHalfTheRange) {
  EXPECT_EQ(Series({{90, 100, 120}}).spread_percent(), 15);
  EXPECT_EQ(Series({{0, 0, 0}}).spread_percent(), 0);
}

TEST(Verdict, EqualIsDesignedOutButNotAhead) {
  const Series same{{10, 10, 10}};
  EXPECT_TRUE(designed_out(Better::less, same, same).holds);
  EXPECT_FALSE(ahead(Better::less, same, same).holds);
  EXPECT_EQ(ahead(Better::less, same, same).factor, 1);
}

TEST(Verdict, FactorSaysHowManyTimesBetter) {
  const Series small{{9, 10, 11}};
  const Series large{{19, 20, 21}};
  EXPECT_EQ(ahead(Better::less, small, large).factor, 2);
  EXPECT_TRUE(ahead(Better::less, small, large).holds);
  EXPECT_EQ(ahead(Better::more, small, large).factor, 0.5);
  EXPECT_FALSE(ahead(Better::more, small, large).holds);
  EXPECT_FALSE(designed_out(Better::less, large, small).holds);
  EXPECT_TRUE(designed_out(Better::more, large, small).holds);
}

TEST(Verdict, ClearOnlyWhenTheRangesDoNotTouch) {
  EXPECT_TRUE(ahead(Better::less, {{1, 2}}, {{3, 4}}).clear);
  EXPECT_FALSE(ahead(Better::less, {{1, 3}}, {{3, 4}}).clear);
}

TEST(Verdict, NothingToDivideByGivesNoFactor) {
  const Verdict verdict = ahead(Better::less, {{0}}, {{5}});
  EXPECT_TRUE(verdict.holds);
  EXPECT_EQ(verdict.factor, 0);
}

TEST(Verdict, NotJudgedWithoutGoOrWithoutABetterSide) {
  EXPECT_FALSE(ahead(Better::less, {{1}}, {}).judged);
  EXPECT_FALSE(ahead(Better::neither, {{1}}, {{2}}).judged);
}

}  // namespace
}  // namespace lab
