// Captures as JSON: runtime/metrics with files, and expvar.
#include <gtest/gtest.h>

#include <cmath>

#include "doctor/expvar.h"
#include "doctor/json_reading.h"
#include "doctor/runtime_metrics_json.h"
#include "doctor/unreadable.h"

namespace weft::doctor {
namespace {

RuntimeCapture read(std::string_view text) { return read_runtime_capture(parse_json_object(text)); }

TEST(RuntimeCapture, ReadsNumbersHistogramsAndFiles) {
  const RuntimeCapture capture = read(R"({"unix_nano": 1795426868894785007, "metrics": {
      "/gc/gogc:percent": 18446744073709551615, "/gc/gomemlimit:bytes": 9223372036854775807, "/x:seconds": 1.5,
      "/sched/latencies:seconds": {"buckets": ["0..6.4e-08", "6.4e-08..1e-07", "2e-07..+Inf"], "counts": [436, 9, 2]},
      "/gc/pauses:seconds": {"buckets": null, "counts": null}}, "proc": {"/proc/self/cgroup": "0::/\n", "x": 5}})");
  EXPECT_NEAR(*capture.metrics.unix_seconds, 1795426868.894785, 1e-5);
  EXPECT_TRUE(std::isinf(*capture.metrics.get("/gc/gogc:percent")));
  EXPECT_TRUE(std::isinf(*capture.metrics.get("/gc/gomemlimit:bytes")));
  EXPECT_EQ(capture.metrics.get("/x:seconds"), 1.5);
  const Histogram& latencies = capture.metrics.histograms.at("/sched/latencies:seconds");
  EXPECT_EQ(latencies.counts, (std::vector<double>{436, 9, 0, 2}));
  ASSERT_EQ(latencies.bounds.size(), 5u);
  EXPECT_EQ(latencies.bounds[2], 1e-7);
  EXPECT_EQ(latencies.bounds[3], 2e-7);
  EXPECT_TRUE(std::isinf(latencies.bounds[4]));
  EXPECT_TRUE(capture.metrics.histograms.at("/gc/pauses:seconds").counts.empty());
  EXPECT_EQ(capture.files.at("/proc/self/cgroup"), "0::/\n");
  EXPECT_TRUE(capture.problems.empty());
}

TEST(RuntimeCapture, ReadsHistogramsAsGoHasThem) {
  const RuntimeCapture capture = read(R"({"metrics": {"/a:s": {"counts": [1, 2], "buckets": ["-Inf", 0, "+Inf"]}}})");
  EXPECT_EQ(capture.metrics.histograms.at("/a:s").counts, (std::vector<double>{1, 2}));
}

TEST(RuntimeCapture, NamesTheValuesItCannotUse) {
  const RuntimeCapture capture = read(R"({"metrics": {"good": 1, "text": "5",
      "overlap": {"buckets": ["0..2", "1..3"], "counts": [1, 1]}, "backwards": {"buckets": ["2..1"], "counts": [1]},
      "uneven": {"buckets": ["0..2"], "counts": [1, 2, 3]}, "negative": {"buckets": ["0..2"], "counts": [-1]},
      "nan": {"buckets": ["NaN..2"], "counts": [1]}}})");
  EXPECT_EQ(capture.metrics.values.size(), 1u);
  EXPECT_TRUE(capture.metrics.histograms.empty());
  EXPECT_EQ(capture.problems.size(), 6u);
}

TEST(RuntimeCapture, RejectsWhatIsNone) {
  EXPECT_THROW(read("{\"metrics\": {}}"), Unreadable);
  EXPECT_THROW(read("[1]"), Unreadable);
  EXPECT_THROW(read("{\"metrics\": {\"a\": 1"), Unreadable);
  EXPECT_THROW(read(std::string(100'000, '[')), Unreadable);
  EXPECT_THROW(read("{\"metrics\": {\"a\": 1}} trailing"), Unreadable);
}

TEST(Expvar, GivesMemoryStatistics) {
  const Metrics metrics =
      read_expvar(parse_json_object(R"({"cmdline": ["/app"], "memstats": {"Alloc": 5, "HeapAlloc": 7,
      "HeapIdle": 50, "HeapReleased": 20, "LastGC": 1795426868894785007, "NumGC": 12, "NumForcedGC": 2,
      "PauseTotalNs": 5000000, "PauseNs": [1000, 3000, 0], "NextGC": 9, "BySize": [{"Size": 8}]}})"));
  EXPECT_EQ(metrics.get("/memory/classes/heap/objects:bytes"), 7);
  EXPECT_EQ(metrics.get("/memory/classes/heap/free:bytes"), 30);
  EXPECT_EQ(metrics.get("/gc/cycles/total:gc-cycles"), 12);
  EXPECT_EQ(metrics.get("/gc/cycles/forced:gc-cycles"), 2);
  EXPECT_NEAR(*metrics.get("gc/last:seconds"), 1795426868.89, 0.01);
  EXPECT_NEAR(*metrics.get("gc/pause-max:seconds"), 3e-6, 1e-12);
  EXPECT_NEAR(*metrics.get("gc/pause-total:seconds"), 0.005, 1e-9);
  EXPECT_THROW(read_expvar(parse_json_object(R"({"cmdline": []})")), Unreadable);
}

}  // namespace
}  // namespace weft::doctor
