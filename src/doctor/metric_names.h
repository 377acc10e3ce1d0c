// doctor/metric_names.h: which metric of the runtime a name on a metrics page means.
//
// client_golang gives runtime/metrics the names go_<path>_<unit>, and the older MemStats go_memstats_...; weft gives
// its own weft_<path>_<unit>. Both lose which of '/', '-' and ':' an underscore was, so names are looked up, not
// parsed; what a newer Go has beyond the list, client_golang's help text says: "Sourced from /gc/x:bytes."
// Beyond the names that Metrics documents: "gc/pause-max:seconds" and "gc/pause-total:seconds", of the collector, and
// "process/{virtual:bytes,open-files:files,max-files:files}".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "doctor/evidence.h"
#include "doctor/prometheus_text.h"

namespace weft::doctor {

/// The name under which runtime/metrics, or weft's metrics, have what client_golang or weft call `name`; empty: none.
std::string_view canonical_metric_name(std::string_view prometheus_name);

struct PageMetrics {
  Metrics metrics;
  std::optional<std::string> go_version;
  bool is_weft = false;
  bool several_processes = false;  // the page has the runtimes of several; the metrics are the first one's
};

/// What a page says of the runtime. Metrics of the program itself are left out.
PageMetrics runtime_metrics_of(const PrometheusText& page);

}  // namespace weft::doctor
