#include "doctor/memory_stats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

namespace weft::doctor {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

constexpr std::array<Names, 18> kSame{{
    {"HeapAlloc", "/memory/classes/heap/objects:bytes"},
    {"TotalAlloc", "/gc/heap/allocs:bytes"},
    {"Mallocs", "/gc/heap/allocs:objects"},
    {"Frees", "/gc/heap/frees:objects"},
    {"HeapReleased", "/memory/classes/heap/released:bytes"},
    {"HeapObjects", "/gc/heap/objects:objects"},
    {"StackInuse", "/memory/classes/heap/stacks:bytes"},
    {"Sys", "/memory/classes/total:bytes"},
    {"MSpanInuse", "/memory/classes/metadata/mspan/inuse:bytes"},
    {"MCacheInuse", "/memory/classes/metadata/mcache/inuse:bytes"},
    {"BuckHashSys", "/memory/classes/profiling/buckets:bytes"},
    {"GCSys", "/memory/classes/metadata/other:bytes"},
    {"OtherSys", "/memory/classes/other:bytes"},
    {"NextGC", "/gc/heap/goal:bytes"},
    {"NumGC", "/gc/cycles/total:gc-cycles"},
    {"NumForcedGC", "/gc/cycles/forced:gc-cycles"},
    {"LastGC", "gc/last:seconds"},
    {"PauseTotal", "gc/pause-total:seconds"},
}};

struct Difference {
  std::string_view whole, part, name;
};
constexpr std::array<Difference, 5> kDifferences{{
    {"HeapIdle", "HeapReleased", "/memory/classes/heap/free:bytes"},
    {"HeapInuse", "HeapAlloc", "/memory/classes/heap/unused:bytes"},
    {"StackSys", "StackInuse", "/memory/classes/os-stacks:bytes"},
    {"MSpanSys", "MSpanInuse", "/memory/classes/metadata/mspan/free:bytes"},
    {"MCacheSys", "MCacheInuse", "/memory/classes/metadata/mcache/free:bytes"},
}};

// The runtime never sets the goal lower, times GOGC/100.
constexpr double kMinimumHeapBytes = 4 << 20;

void add_live_heap(Metrics& metrics) {
  const auto goal = metrics.get("/gc/heap/goal:bytes");
  const auto gogc = metrics.get("/gc/gogc:percent");
  const auto limit = metrics.get("/gc/gomemlimit:bytes");
  if (!goal || !gogc || !std::isfinite(*gogc) || *gogc < 0 || (limit && std::isfinite(*limit))) return;
  if (*goal <= kMinimumHeapBytes * std::max(1.0, *gogc / 100)) return;
  metrics.values.emplace("/gc/heap/live:bytes", *goal / (1 + *gogc / 100));
}

}  // namespace

void add_memory_stats(Metrics& metrics, const MemoryStats& stats) {
  for (const auto& [field, name] : kSame) {
    const auto found = stats.find(field);
    if (found != stats.end()) metrics.values.emplace(name, found->second);
  }
  for (const auto& [whole, part, name] : kDifferences) {
    const auto sum = stats.find(whole);
    const auto known = stats.find(part);
    if (sum == stats.end() || known == stats.end()) continue;
    metrics.values.emplace(name, std::max(0.0, sum->second - known->second));
  }
  add_live_heap(metrics);
}

void mark_absent_limits(Metrics& metrics) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto gogc = metrics.values.find("/gc/gogc:percent");
  if (gogc != metrics.values.end() && (gogc->second >= 1e18 || gogc->second < 0)) gogc->second = kInfinity;
  const auto limit = metrics.values.find("/gc/gomemlimit:bytes");
  if (limit != metrics.values.end() && limit->second >= 9e18) limit->second = kInfinity;
}

}  // namespace weft::doctor
