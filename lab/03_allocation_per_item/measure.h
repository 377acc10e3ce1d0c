// How scenario 3 is measured: one pipeline at a time, warmed with a tenth of its events.
#pragma once

#include <string>

#include "lab/03_allocation_per_item/event.h"
#include "lab/support/allocations.h"
#include "lab/support/program.h"

namespace lab {

/// Runs `pipeline(events, sink)` and adds its figures to the report under `prefix`.
template <class Pipeline>
void measure(Report& report, const std::string& prefix, std::int64_t events, Pipeline pipeline) {
  Sink warm_up(events / 10);
  pipeline(events / 10, warm_up);
  Sink sink(events);
  const Allocations before = allocations();
  const Clock::time_point start = Clock::now();
  sink.start();
  pipeline(events, sink);
  const double nanoseconds = static_cast<double>((Clock::now() - start).count());
  const Allocations taken = allocations() - before;
  const auto count = static_cast<double>(events);
  report.set(prefix + "_ns", nanoseconds / count);
  report.set(prefix + "_items_per_s", count / nanoseconds * 1e9);
  report.set(prefix + "_allocations", static_cast<double>(taken.count) / count);
  report.set(prefix + "_bytes", static_cast<double>(taken.bytes) / count);
  report.set(prefix + "_block_p99_us", sink.block_p99_us());
  report.set(prefix + "_checksum", sink.checksum());
}

/// weft's programs have no collector that could pause them.
inline void report_no_pauses(Report& report) { report.set("pause_p99_us", 0.0); }

}  // namespace lab
