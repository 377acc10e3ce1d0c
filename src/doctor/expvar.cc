#include "doctor/expvar.h"

#include <algorithm>

#include "doctor/json_reading.h"
#include "doctor/memory_stats.h"
#include "doctor/unreadable.h"

namespace weft::doctor {

namespace json = boost::json;

bool is_expvar(const json::object& object) noexcept {
  return json_member_object(object, "memstats") != nullptr || object.contains("cmdline");
}

Metrics read_expvar(const json::object& object) {
  constexpr double kNanosecond = 1e-9;
  const json::object* memory = json_member_object(object, "memstats");
  if (memory == nullptr) throw Unreadable("expvar without memstats");
  MemoryStats stats;
  for (const json::key_value_pair& entry : *memory) {
    if (const auto number = json_number(entry.value())) stats.insert_or_assign(std::string(entry.key()), *number);
  }
  const auto last = stats.find("LastGC");
  if (last != stats.end()) last->second *= kNanosecond;
  if (const auto pauses = stats.find("PauseTotalNs"); pauses != stats.end()) {
    stats.insert_or_assign("PauseTotal", pauses->second * kNanosecond);
  }
  Metrics metrics;
  add_memory_stats(metrics, stats);
  if (const json::value* recent = memory->if_contains("PauseNs"); recent != nullptr && recent->is_array()) {
    double longest = 0;
    for (const json::value& pause : recent->get_array()) longest = std::max(longest, json_number(pause).value_or(0));
    metrics.values.emplace("gc/pause-max:seconds", longest * kNanosecond);
  }
  if (const auto goroutines = json_member_number(object, "goroutines")) {  // a habit, not the package's own
    metrics.values.emplace("/sched/goroutines:goroutines", *goroutines);
  }
  if (const auto time = json_member_number(object, kExpvarTime)) metrics.unix_seconds = *time * kNanosecond;
  return metrics;
}

}  // namespace weft::doctor
