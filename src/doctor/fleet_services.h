// doctor/fleet_services.h: what a Prometheus knows of each Go or weft service, in numbers that the rules read.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doctor/fleet.h"
#include "doctor/prometheus_api.h"

namespace weft::doctor {

enum class Measure : std::size_t {
  kGoroutines,
  kRunnable,
  kProcessors,  // GOMAXPROCS
  kThreads,
  kCores,     // processor time used, per second
  kResident,  // bytes
  kStart,     // unix time
  kCyclesPerSecond,
  kHeapGoal,        // bytes
  kHeapLive,        // bytes; only with all of runtime/metrics
  kGogc,            // percent
  kMemoryLimit,     // GOMEMLIMIT, bytes
  kRuntimeTotal,    // memory from the system and not given back, bytes
  kFree,            // of it free and kept for the whole window, bytes
  kAllocatedBytes,  // per second
  kAllocatedObjects,
  kGcShare,         // of the processors' busy time; only with all of runtime/metrics
  kBusyProcessors,  // as the runtime counts, processors
  kLatencyP99,      // seconds
  kCgoCalls,        // per second
  kThrottled,       // share of the scheduler's periods
  kQuota,           // processors
  kContainerLimit,  // bytes
  kContainerUsed,   // working set, bytes
  kCount
};

struct Service {
  std::string job, instance;
  std::string url;  // to give to `weft doctor`
  bool is_weft = false;
  std::optional<std::string> go_version;
  SeriesLabels labels;                                // of the series that showed it
  std::vector<std::pair<double, double>> goroutines;  // over the growth window, since the process's start
  std::array<std::optional<double>, static_cast<std::size_t>(Measure::kCount)> measures;

  std::optional<double> get(Measure measure) const { return measures[static_cast<std::size_t>(measure)]; }
};

struct Fleet {
  std::vector<Service> services;
  std::vector<std::string> notes;   // what this Prometheus could not say at all
  std::size_t other_processes = 0;  // that export process_* alone
};

/// Errors: HttpError, when it can't be asked at all; a single question that fails is a note.
Fleet ask_fleet(const PrometheusApi& api, const FleetOptions& options);

}  // namespace weft::doctor
