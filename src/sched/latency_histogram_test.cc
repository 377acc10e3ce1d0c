#include "sched/latency_histogram.h"

#include <gtest/gtest.h>

#include <memory>

namespace weft::sched {
namespace {

TEST(LatencyHistogram, BucketsFollowEachOtherWithoutAGap) {
  for (std::uint32_t b = 1; b < LatencyHistogram::kBuckets; ++b) {
    const std::int64_t first = LatencyHistogram::lower_bound(b);
    EXPECT_GT(first, LatencyHistogram::lower_bound(b - 1));
    EXPECT_EQ(LatencyHistogram::bucket_of(first), b);
    EXPECT_EQ(LatencyHistogram::bucket_of(first - 1), b - 1);
  }
}

TEST(LatencyHistogram, ABucketIsAtMostAnEighthWide) {
  for (std::uint32_t b = 8; b + 1 < LatencyHistogram::kBuckets; ++b) {
    const std::int64_t low = LatencyHistogram::lower_bound(b);
    EXPECT_LE(LatencyHistogram::lower_bound(b + 1) - low, low / 8 + 1) << "bucket " << b;
  }
}

TEST(LatencyHistogram, WhatIsOutOfRangeCountsAtTheEnds) {
  const auto histogram = std::make_unique<LatencyHistogram>();
  histogram->record(-5);
  histogram->record(0);
  histogram->record(INT64_MAX);
  EXPECT_EQ(histogram->count(0), 2u);
  EXPECT_EQ(histogram->count(LatencyHistogram::kBuckets - 1), 1u);
}

}  // namespace
}  // namespace weft::sched
