// The runtime's metrics under client_golang's names, complete and default, and under weft's.
#include "doctor/metric_names.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

#include "weft/metrics.h"

namespace weft::doctor {
namespace {

PageMetrics map(std::string_view page) { return runtime_metrics_of(read_prometheus(page)); }

// All of runtime/metrics, as client_golang shows it when told to.
TEST(MetricNames, MapsAWholePageOfGo) {
  std::ifstream in(WEFT_SOURCE_DIR "/tests/data/doctor/02-before/metrics.prom");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const PageMetrics found = map(page);
  EXPECT_EQ(found.metrics.get("/gc/cycles/total:gc-cycles"), 3);
  EXPECT_EQ(found.metrics.get("/gc/gogc:percent"), 100);
  EXPECT_TRUE(std::isinf(found.metrics.get("/gc/gomemlimit:bytes").value()));
  EXPECT_EQ(found.go_version, "go1.27.4");
  EXPECT_FALSE(found.is_weft);
  EXPECT_FALSE(found.several_processes);
  const Histogram& sizes = found.metrics.histograms.at("/gc/heap/allocs-by-size:bytes");
  EXPECT_EQ(sizes.bounds.size(), sizes.counts.size() + 1);
  EXPECT_DOUBLE_EQ(sizes.bounds[1], 9);  // the page says 8.999999999999998, within
  EXPECT_DOUBLE_EQ(sizes.counts[0], 45);
  EXPECT_DOUBLE_EQ(sizes.counts[1], 333 - 45);
  // Every metric that the page takes from runtime/metrics has its own name back.
  const PrometheusText text = read_prometheus(page);
  int mapped = 0;
  for (const PrometheusFamily& family : text.families) {
    const std::size_t at = family.help.rfind("Sourced from ");
    if (at == std::string::npos || !family.name.starts_with("go_")) continue;
    const std::string name = family.help.substr(at + 13, family.help.size() - at - 14);
    EXPECT_EQ(canonical_metric_name(family.name), name);
    ++mapped;
  }
  EXPECT_EQ(mapped, 66);
}

TEST(MetricNames, MapsTheDefaultSetOfClientGolang) {
  const PageMetrics found = map(
      "# TYPE go_gc_duration_seconds summary\n"
      "go_gc_duration_seconds{quantile=\"0\"} 1e-05\ngo_gc_duration_seconds{quantile=\"1\"} 0.003\n"
      "go_gc_duration_seconds_sum 0.5\ngo_gc_duration_seconds_count 120\n"
      "go_gc_gogc_percent 100\ngo_gc_gomemlimit_bytes 9.223372036854776e+18\n"
      "go_goroutines 42\ngo_info{version=\"go1.22.1\"} 1\ngo_threads 9\ngo_sched_gomaxprocs_threads 4\n"
      "go_memstats_alloc_bytes 3e+07\ngo_memstats_alloc_bytes_total 9e+09\ngo_memstats_heap_alloc_bytes 3e+07\n"
      "go_memstats_heap_idle_bytes 5e+07\ngo_memstats_heap_inuse_bytes 4e+07\ngo_memstats_heap_released_bytes 2e+07\n"
      "go_memstats_last_gc_time_seconds 1.7e+09\ngo_memstats_mallocs_total 1e+08\ngo_memstats_next_gc_bytes 4.8e+07\n"
      "go_memstats_stack_inuse_bytes 6e+05\ngo_memstats_sys_bytes 1e+08\n"
      "process_cpu_seconds_total 12.5\nprocess_resident_memory_bytes 7e+07\nprocess_start_time_seconds 1.69e+09\n"
      "http_requests_total{code=\"200\"} 5\n");
  const Metrics& m = found.metrics;
  EXPECT_EQ(m.get("/gc/cycles/total:gc-cycles"), 120);
  EXPECT_EQ(m.get("gc/pause-max:seconds"), 0.003);
  EXPECT_EQ(m.get("/sched/goroutines:goroutines"), 42);
  EXPECT_EQ(m.get("/sched/threads/total:threads"), 9);
  EXPECT_EQ(m.get("/memory/classes/heap/objects:bytes"), 3e7);
  EXPECT_EQ(m.get("/memory/classes/heap/free:bytes"), 3e7);
  EXPECT_EQ(m.get("/memory/classes/heap/unused:bytes"), 1e7);
  EXPECT_EQ(m.get("/gc/heap/allocs:bytes"), 9e9);
  EXPECT_EQ(m.get("/gc/heap/live:bytes"), 2.4e7);
  EXPECT_EQ(m.get("gc/last:seconds"), 1.7e9);
  EXPECT_EQ(m.get("process/cpu:seconds"), 12.5);
  EXPECT_EQ(m.get("process/resident:bytes"), 7e7);
  EXPECT_EQ(m.get("process/start-time:seconds"), 1.69e9);
  EXPECT_TRUE(std::isinf(m.get("/gc/gomemlimit:bytes").value()));
  EXPECT_EQ(found.go_version, "go1.22.1");
  EXPECT_FALSE(found.several_processes);
}

TEST(MetricNames, GuessesNoLiveHeapUnderALimit) {
  EXPECT_FALSE(map("go_gc_gogc_percent 100\ngo_gc_gomemlimit_bytes 1e+08\ngo_memstats_next_gc_bytes 9e+07\n")
                   .metrics.get("/gc/heap/live:bytes"));
  EXPECT_FALSE(map("go_gc_gogc_percent 1.8446744073709552e+19\ngo_memstats_next_gc_bytes 9e+07\n")
                   .metrics.get("/gc/heap/live:bytes"));
  EXPECT_FALSE(map("go_gc_gogc_percent 100\ngo_memstats_next_gc_bytes 4194304\n").metrics.get("/gc/heap/live:bytes"));
}

// weft's own page, as this build of the library prints it: no name may be lost.
TEST(MetricNames, MapsAllThatWeftPrints) {
  std::ostringstream out;
  metrics::write_prometheus(out);
  const PageMetrics found = map(out.str());
  EXPECT_TRUE(found.is_weft);
  for (const metrics::Sample& sample : metrics::read()) {
    const std::string name(sample.name);
    if (sample.kind == metrics::Kind::kHistogram) {
      EXPECT_TRUE(found.metrics.histograms.contains(name)) << name;
    } else {
      EXPECT_TRUE(found.metrics.get(name)) << name;
    }
  }
}

TEST(MetricNames, TakesOneProcessOfSeveral) {
  const PageMetrics found =
      map("go_goroutines{pod=\"a\"} 1\ngo_goroutines{pod=\"b\"} 2\ngo_threads{pod=\"b\"} 7\ngo_threads{pod=\"a\"} 8\n");
  EXPECT_TRUE(found.several_processes);
  EXPECT_EQ(found.metrics.get("/sched/goroutines:goroutines"), 1);
  EXPECT_EQ(found.metrics.get("/sched/threads/total:threads"), 8);
}

TEST(MetricNames, LearnsNewNamesFromTheirHelp) {
  const PageMetrics found =
      map("# HELP go_gc_new_thing_bytes_total A thing. Sourced from /gc/new-thing:bytes.\n"
          "# TYPE go_gc_new_thing_bytes_total counter\ngo_gc_new_thing_bytes_total 5\n");
  EXPECT_EQ(found.metrics.get("/gc/new-thing:bytes"), 5);
}

TEST(MetricNames, KeepsHistogramsRisingWhateverThePageSays) {
  const PageMetrics found =
      map("# TYPE go_gc_pauses_seconds histogram\ngo_gc_pauses_seconds_bucket{le=\"0.1\"} 5\n"
          "go_gc_pauses_seconds_bucket{le=\"+Inf\"} 3\ngo_gc_pauses_seconds_bucket{le=\"0.01\"} 4\n"
          "go_gc_pauses_seconds_bucket{le=\"NaN\"} 4\ngo_gc_pauses_seconds_bucket{le=\"0.1\"} 5\n");
  const Histogram& pauses = found.metrics.histograms.at("/gc/pauses:seconds");
  ASSERT_EQ(pauses.counts.size(), 3u);
  ASSERT_EQ(pauses.bounds.size(), 4u);
  EXPECT_DOUBLE_EQ(pauses.counts[0], 4);
  EXPECT_DOUBLE_EQ(pauses.counts[1], 1);
  EXPECT_DOUBLE_EQ(pauses.counts[2], 0);
}

}  // namespace
}  // namespace weft::doctor
