// doctor/memory_stats.h: Go's runtime.MemStats, which old sources give, under the names of runtime/metrics.
#pragma once

#include <map>
#include <string>

#include "doctor/evidence.h"

namespace weft::doctor {

/// Fields of runtime.MemStats by their names: "HeapIdle", "NextGC". LastGC is in seconds since 1970 here.
using MemoryStats = std::map<std::string, double, std::less<>>;

/// Adds what follows from them. A metric that is there already stays: runtime/metrics says it more exactly.
///   /memory/classes/heap/free:bytes    = HeapIdle - HeapReleased
///   /memory/classes/heap/unused:bytes  = HeapInuse - HeapAlloc
///   /gc/heap/live:bytes                ~ NextGC / (1 + GOGC/100), where neither a memory limit nor the minimum heap of
///                                        4 MB sets the goal
/// Mallocs and Frees count tiny allocations, /gc/heap/allocs:objects does not: the sums agree, since then no
/// /gc/heap/tiny/allocs:objects is there.
void add_memory_stats(Metrics& metrics, const MemoryStats& stats);

/// Puts infinity for the numbers by which Go says "off" and "none", in the settings of the collector.
void mark_absent_limits(Metrics& metrics);

}  // namespace weft::doctor
