// weft/metrics.h: what the runtime measures of itself: read(), write_prometheus(), Sample, Histogram.
// Names are those of Go's runtime/metrics where the meaning is the same; what only weft has is below /weft/.
// Not here: a program's own counters. Guide: docs/guide/observing.md
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <vector>

namespace weft::metrics {

enum class Kind { kCounter, kGauge, kHistogram };

/// Counts by range: counts[i] observations lie in [bounds[i], bounds[i + 1]); bounds are seconds and rise.
struct HistogramValue {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;
};

struct Sample {
  std::string_view name;  // "/sched/goroutines:goroutines"; the unit stands behind the colon
  std::string_view help;
  Kind kind;
  std::uint64_t value = 0;        // counters and gauges
  HistogramValue histogram = {};  // histograms
};

/// Every metric of the runtime, now. The values are of slightly different moments.
///
/// Blocking       never; starts the runtime if nothing has yet
/// Thread safety  from anywhere but a signal handler
/// Cost           O(stacks ever in use at once): the states are counted by looking at each goroutine; and some system
///                calls for the container's limits
std::vector<Sample> read();

/// The same in the text format of Prometheus, version 0.0.4: "/sched/latencies:seconds" is
/// weft_sched_latencies_seconds.
/// Run-queue latencies are of a sample: one ready goroutine in 64.
void write_prometheus(std::ostream& out);

}  // namespace weft::metrics
