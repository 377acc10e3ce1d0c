// doctor/runtime_metrics_json.h: a capture of one moment: runtime/metrics, and files of /proc and control groups.
//
//   {"unix_nano": 1795426868894785007,
//    "metrics": {"/gc/gogc:percent": 100,
//                "/sched/latencies:seconds": {"buckets": ["0..6.4e-08", "3.2e-07..+Inf"], "counts": [436, 1]}},
//    "proc": {"/proc/self/stat": "2423 (s11) S ...", "/sys/fs/cgroup/cpu.max": "50000 100000\n"}}
//
// Empty buckets may be left out. A histogram may also be as Go has it: one more number in "buckets" than in "counts".
#pragma once

#include <boost/json/fwd.hpp>

#include "doctor/evidence.h"
#include "doctor/process_files.h"

namespace weft::doctor {

struct RuntimeCapture {
  Metrics metrics;
  FileTexts files;
  std::vector<std::string> problems;  // single values that could not be used
};

/// True if the object looks like a capture.
bool is_runtime_capture(const boost::json::object& object) noexcept;
/// Errors: Unreadable, when there is neither a metric nor a file in it.
RuntimeCapture read_runtime_capture(const boost::json::object& object);

}  // namespace weft::doctor
