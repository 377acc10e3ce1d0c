#include "doctor/metric_names.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "doctor/memory_stats.h"
#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

enum class Kind { kGauge, kCounter, kHistogram };

struct Known {
  std::string_view name;
  Kind kind = Kind::kGauge;
};

// runtime/metrics of Go 1.27, and older names of it.
constexpr Known kGo[] = {
    {"/cgo/go-to-c-calls:calls", Kind::kCounter},
    {"/cpu/classes/gc/mark/assist:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/gc/mark/dedicated:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/gc/mark/idle:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/gc/pause:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/gc/total:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/idle:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/scavenge/assist:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/scavenge/background:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/scavenge/total:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/total:cpu-seconds", Kind::kCounter},
    {"/cpu/classes/user:cpu-seconds", Kind::kCounter},
    {"/gc/cleanups/executed:cleanups", Kind::kCounter},
    {"/gc/cleanups/queued:cleanups", Kind::kCounter},
    {"/gc/cycles/automatic:gc-cycles", Kind::kCounter},
    {"/gc/cycles/forced:gc-cycles", Kind::kCounter},
    {"/gc/cycles/total:gc-cycles", Kind::kCounter},
    {"/gc/finalizers/executed:finalizers", Kind::kCounter},
    {"/gc/finalizers/queued:finalizers", Kind::kCounter},
    {"/gc/gogc:percent"},
    {"/gc/gomemlimit:bytes"},
    {"/gc/heap/allocs-by-size:bytes", Kind::kHistogram},
    {"/gc/heap/allocs:bytes", Kind::kCounter},
    {"/gc/heap/allocs:objects", Kind::kCounter},
    {"/gc/heap/frees-by-size:bytes", Kind::kHistogram},
    {"/gc/heap/frees:bytes", Kind::kCounter},
    {"/gc/heap/frees:objects", Kind::kCounter},
    {"/gc/heap/goal:bytes"},
    {"/gc/heap/live:bytes"},
    {"/gc/heap/objects:objects"},
    {"/gc/heap/tiny/allocs:objects", Kind::kCounter},
    {"/gc/limiter/last-enabled:gc-cycle"},
    {"/gc/pauses:seconds", Kind::kHistogram},
    {"/gc/scan/globals:bytes"},
    {"/gc/scan/heap:bytes"},
    {"/gc/scan/stack:bytes"},
    {"/gc/scan/total:bytes"},
    {"/gc/stack/starting-size:bytes"},
    {"/memory/classes/heap/free:bytes"},
    {"/memory/classes/heap/objects:bytes"},
    {"/memory/classes/heap/released:bytes"},
    {"/memory/classes/heap/stacks:bytes"},
    {"/memory/classes/heap/unused:bytes"},
    {"/memory/classes/metadata/mcache/free:bytes"},
    {"/memory/classes/metadata/mcache/inuse:bytes"},
    {"/memory/classes/metadata/mspan/free:bytes"},
    {"/memory/classes/metadata/mspan/inuse:bytes"},
    {"/memory/classes/metadata/other:bytes"},
    {"/memory/classes/os-stacks:bytes"},
    {"/memory/classes/other:bytes"},
    {"/memory/classes/profiling/buckets:bytes"},
    {"/memory/classes/total:bytes"},
    {"/sched/gomaxprocs:threads"},
    {"/sched/goroutines-created:goroutines", Kind::kCounter},
    {"/sched/goroutines/not-in-go:goroutines"},
    {"/sched/goroutines/runnable:goroutines"},
    {"/sched/goroutines/running:goroutines"},
    {"/sched/goroutines/waiting:goroutines"},
    {"/sched/goroutines:goroutines"},
    {"/sched/latencies:seconds", Kind::kHistogram},
    {"/sched/pauses/stopping/gc:seconds", Kind::kHistogram},
    {"/sched/pauses/stopping/other:seconds", Kind::kHistogram},
    {"/sched/pauses/total/gc:seconds", Kind::kHistogram},
    {"/sched/pauses/total/other:seconds", Kind::kHistogram},
    {"/sched/threads/total:threads"},
    {"/sync/mutex/wait/total:seconds", Kind::kCounter},
};

// What only weft has; of the names above it has some.
constexpr Known kWeft[] = {
    {"/weft/sched/threads/idle:threads"},
    {"/weft/sched/switches:switches", Kind::kCounter},
    {"/weft/sched/steals:steals", Kind::kCounter},
    {"/weft/sched/handoffs/blocked:handoffs", Kind::kCounter},
    {"/weft/sched/handoffs/long-running:handoffs", Kind::kCounter},
    {"/weft/sched/monitor/wakeups:wakeups", Kind::kCounter},
    {"/weft/stacks/reserved:bytes"},
    {"/weft/stacks/free:stacks"},
    {"/weft/stacks/cold:stacks"},
    {"/weft/cpu/quota:millicpus"},
    {"/weft/cpu/quota/periods:periods", Kind::kCounter},
    {"/weft/cpu/quota/throttled:periods", Kind::kCounter},
    {"/weft/cpu/quota/throttled-time:nanoseconds", Kind::kCounter},
    {"/weft/memory/limit:bytes"},
};

using NamePair = std::pair<std::string_view, std::string_view>;

// Names that are not made by the rule.
constexpr NamePair kOther[] = {
    {"go_goroutines", "/sched/goroutines:goroutines"},
    {"go_threads", "/sched/threads/total:threads"},
    {"process_cpu_seconds_total", "process/cpu:seconds"},
    {"process_resident_memory_bytes", "process/resident:bytes"},
    {"process_start_time_seconds", "process/start-time:seconds"},
    {"process_virtual_memory_bytes", "process/virtual:bytes"},
    {"process_open_fds", "process/open-files:files"},
    {"process_max_fds", "process/max-files:files"},
};

constexpr NamePair kMemoryStats[] = {
    {"go_memstats_heap_alloc_bytes", "HeapAlloc"},   {"go_memstats_alloc_bytes", "HeapAlloc"},
    {"go_memstats_alloc_bytes_total", "TotalAlloc"}, {"go_memstats_sys_bytes", "Sys"},
    {"go_memstats_mallocs_total", "Mallocs"},        {"go_memstats_frees_total", "Frees"},
    {"go_memstats_heap_sys_bytes", "HeapSys"},       {"go_memstats_heap_idle_bytes", "HeapIdle"},
    {"go_memstats_heap_inuse_bytes", "HeapInuse"},   {"go_memstats_heap_released_bytes", "HeapReleased"},
    {"go_memstats_heap_objects", "HeapObjects"},     {"go_memstats_stack_inuse_bytes", "StackInuse"},
    {"go_memstats_stack_sys_bytes", "StackSys"},     {"go_memstats_mspan_inuse_bytes", "MSpanInuse"},
    {"go_memstats_mspan_sys_bytes", "MSpanSys"},     {"go_memstats_mcache_inuse_bytes", "MCacheInuse"},
    {"go_memstats_mcache_sys_bytes", "MCacheSys"},   {"go_memstats_buck_hash_sys_bytes", "BuckHashSys"},
    {"go_memstats_gc_sys_bytes", "GCSys"},           {"go_memstats_other_sys_bytes", "OtherSys"},
    {"go_memstats_next_gc_bytes", "NextGC"},         {"go_memstats_last_gc_time_seconds", "LastGC"},
    {"go_gc_duration_seconds_count", "NumGC"},       {"go_gc_duration_seconds_sum", "PauseTotal"},
};

// client_golang's rule, and weft's: internal/go_runtime_metrics.go, src/obs/prometheus.cc.
std::string prometheus_name(std::string_view prefix, const Known& known) {
  std::string name(prefix);
  for (const char c : known.name) name += c == '/' || c == ':' || c == '-' || c == '*' ? '_' : c;
  if (known.kind == Kind::kCounter) name += "_total";
  return name;
}

using NameTable = std::map<std::string, std::string_view, std::less<>>;

NameTable make_names() {
  NameTable names;
  for (const Known& known : kGo) {
    names.emplace(prometheus_name("go", known), known.name);
    names.emplace(prometheus_name("weft", known), known.name);
  }
  for (const Known& known : kWeft) names.emplace(prometheus_name("", known).substr(1), known.name);
  for (const auto& [page_name, name] : kOther) names.emplace(page_name, name);
  return names;
}

std::string_view find_pair(std::string_view name, const NamePair* begin, const NamePair* end) {
  const NamePair* found = std::find_if(begin, end, [&](const NamePair& pair) { return pair.first == name; });
  return found == end ? std::string_view() : found->second;
}

// "Count of ... Sourced from /cgo/go-to-c-calls:calls."
std::string_view name_in_help(std::string_view help) {
  constexpr std::string_view kWords = "Sourced from /";
  const std::size_t at = help.rfind(kWords);
  if (at == std::string_view::npos) return {};
  std::string_view name = help.substr(at + kWords.size() - 1);
  name = name.substr(0, name.find_first_of(" \t"));
  while (name.ends_with('.')) name.remove_suffix(1);
  return name.find(':') == std::string_view::npos ? std::string_view() : name;
}

// A bound belongs to the bucket below it there, and to the one above it here.
Histogram histogram_of(std::vector<std::pair<double, double>> cumulative) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::sort(cumulative.begin(), cumulative.end());
  Histogram histogram;
  histogram.bounds.push_back(cumulative.front().first > 0 ? 0 : -kInfinity);
  double below = 0;
  for (const auto& [bound, count] : cumulative) {
    const double next = std::isfinite(bound) ? std::nextafter(bound, kInfinity) : bound;
    if (next <= histogram.bounds.back()) continue;
    histogram.bounds.push_back(next);
    histogram.counts.push_back(std::max(0.0, count - below));
    below = std::max(below, count);
  }
  return histogram;
}

class PageMapper {
 public:
  PageMetrics map(const PrometheusText& page) {
    for (const PrometheusFamily& family : page.families) {
      if (family.name.starts_with("weft_")) result_.is_weft = true;
      const std::string_view name = name_of(family);
      if (family.type == "histogram") {
        if (!name.empty()) histogram(family, name);
        continue;
      }
      for (const PrometheusSample& sample : family.samples) value(family, name, sample);
    }
    mark_absent_limits(result_.metrics);
    add_memory_stats(result_.metrics, memory_stats_);
    return std::move(result_);
  }

 private:
  static std::string_view name_of(const PrometheusFamily& family) {
    const std::string_view name = canonical_metric_name(family.name);
    if (!name.empty()) return name;
    // OpenMetrics announces a counter without its suffix.
    const std::string_view counter = canonical_metric_name(family.name + "_total");
    if (!counter.empty() && family.type == "counter") return counter;
    return family.name.starts_with("go_") ? name_in_help(family.help) : std::string_view();
  }

  void value(const PrometheusFamily& family, std::string_view name, const PrometheusSample& sample) {
    if (family.name == "go_info" || sample.name == "go_info") {
      const std::string* version = sample.label("version");
      if (version != nullptr && !result_.go_version) result_.go_version = *version;
      return;
    }
    if (family.name == "go_gc_duration_seconds" && sample.label("quantile") != nullptr) {
      if (*sample.label("quantile") == "1" && is_ours(sample)) put("gc/pause-max:seconds", sample.value);
      return;
    }
    const std::string_view field = find_pair(sample.name, std::begin(kMemoryStats), std::end(kMemoryStats));
    if (!field.empty()) {
      if (is_ours(sample) && std::isfinite(sample.value))
        memory_stats_.insert_or_assign(std::string(field), sample.value);
      return;
    }
    if (name.empty() || sample.name.ends_with("_created") || !is_ours(sample)) return;
    put(name, sample.value);
    if (sample.unix_seconds && !result_.metrics.unix_seconds) result_.metrics.unix_seconds = sample.unix_seconds;
  }

  void put(std::string_view name, double value) {
    if (!std::isnan(value)) result_.metrics.values.emplace(name, value);
  }

  void histogram(const PrometheusFamily& family, std::string_view name) {
    std::vector<std::pair<double, double>> buckets;
    for (const PrometheusSample& sample : family.samples) {
      const std::string* bound = sample.label("le");
      if (bound == nullptr || !is_ours(sample) || std::isnan(sample.value)) continue;
      const auto le = parse_number(*bound);
      if (le && !std::isnan(*le)) buckets.emplace_back(*le, sample.value);
    }
    if (!buckets.empty()) result_.metrics.histograms.emplace(name, histogram_of(std::move(buckets)));
  }

  // A page of several processes tells them apart by labels; the runtime's own metrics have none but these.
  bool is_ours(const PrometheusSample& sample) {
    auto labels = sample.labels;
    std::erase_if(labels, [](const auto& label) { return label.first == "le" || label.first == "quantile"; });
    if (!labels_) labels_ = labels;
    const bool ours = *labels_ == labels;
    if (!ours) result_.several_processes = true;
    return ours;
  }

  PageMetrics result_;
  MemoryStats memory_stats_;
  std::optional<std::vector<std::pair<std::string, std::string>>> labels_;
};

}  // namespace

std::string_view canonical_metric_name(std::string_view name) {
  static const NameTable names = make_names();
  const auto found = names.find(name);
  return found == names.end() ? std::string_view() : found->second;
}

PageMetrics runtime_metrics_of(const PrometheusText& page) { return PageMapper().map(page); }

}  // namespace weft::doctor
