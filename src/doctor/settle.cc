// Puts what was read in order, and fills in what follows from several sources.
#include <algorithm>
#include <cmath>
#include <limits>

#include "doctor/bundle.h"
#include "doctor/elf_binary.h"

namespace weft::doctor {
namespace {

// Keeps the order of equals. (The library's own stable sort is deprecated inside, which clang says of its user.)
template <class Item, class Less>
void sort_stably(std::vector<Item>& items, Less less) {
  for (auto at = items.begin(); at != items.end(); ++at) {
    std::rotate(std::upper_bound(items.begin(), at, *at, less), at, at + 1);
  }
}

// What has no time stands behind what has, as it came.
template <class Item>
void sort_by_time(std::vector<Item>& items) {
  sort_stably(items, [](const Item& a, const Item& b) {
    constexpr double kLast = std::numeric_limits<double>::infinity();
    return a.unix_seconds.value_or(kLast) < b.unix_seconds.value_or(kLast);
  });
}

// How far the counters of two snapshots of one process lie apart: 0 is the same moment. Counters only rise.
double distance(const Metrics& a, const Metrics& b) {
  constexpr std::string_view kCounters[] = {"/gc/heap/allocs:bytes", "/sched/goroutines-created:goroutines",
                                            "/cgo/go-to-c-calls:calls", "process/cpu:seconds"};
  double sum = 0;
  for (const std::string_view name : kCounters) {
    const auto x = a.get(name), y = b.get(name);
    if (x && y) sum += std::abs(*x - *y) / std::max({1.0, std::abs(*x), std::abs(*y)});
  }
  return sum;
}

// A metrics page has no time. Beside snapshots that have one it is no further snapshot: what it has more goes to the
// one that its counters are nearest to.
void merge_untimed(std::vector<Metrics>& all) {
  const auto first_untimed =
      std::find_if(all.begin(), all.end(), [](const Metrics& metrics) { return !metrics.unix_seconds; });
  if (first_untimed == all.begin() || first_untimed == all.end()) return;
  for (auto page = first_untimed; page != all.end(); ++page) {
    // Of equally near ones the latest: the page of a process that stood still tells of its end.
    auto nearest = all.begin();
    for (auto at = all.begin(); at != first_untimed; ++at) {
      if (distance(*at, *page) <= distance(*nearest, *page)) nearest = at;
    }
    for (const auto& [name, value] : page->values) nearest->values.emplace(name, value);
    for (const auto& [name, histogram] : page->histograms) nearest->histograms.emplace(name, histogram);
  }
  all.erase(first_untimed, all.end());
}

void order_profiles(std::vector<pprof::Profile>& snapshots, std::optional<pprof::Profile>& latest) {
  sort_stably(snapshots, [](const pprof::Profile& a, const pprof::Profile& b) { return a.time_nanos < b.time_nanos; });
  if (!snapshots.empty()) latest = snapshots.back();
  if (snapshots.size() < 2) snapshots.clear();
}

// What one source says of the moment and the other leaves out.
void join_process_and_metrics(Evidence& evidence) {
  if (evidence.process.empty()) {
    for (const Metrics& metrics : evidence.metrics) {
      ProcessState state;
      state.unix_seconds = metrics.unix_seconds;
      state.cpu_seconds = metrics.get("process/cpu:seconds");
      state.resident_bytes = metrics.get("process/resident:bytes");
      if (state.cpu_seconds || state.resident_bytes) evidence.process.push_back(std::move(state));
    }
    return;
  }
  for (Metrics& metrics : evidence.metrics) {
    for (const ProcessState& state : evidence.process) {
      if (!metrics.unix_seconds || state.unix_seconds != metrics.unix_seconds) continue;
      if (state.cpu_seconds) metrics.values.emplace("process/cpu:seconds", *state.cpu_seconds);
      if (state.resident_bytes) metrics.values.emplace("process/resident:bytes", *state.resident_bytes);
    }
  }
}

// Since boot says little of now.
void set_steal_between(std::vector<ProcessState>& states) {
  for (std::size_t i = states.size(); i-- > 1;) {
    const ProcessState& before = states[i - 1];
    ProcessState& state = states[i];
    if (!before.machine_cpu_ticks || !state.machine_cpu_ticks) continue;
    if (!before.machine_steal_ticks || !state.machine_steal_ticks) continue;
    const double ticks = *state.machine_cpu_ticks - *before.machine_cpu_ticks;
    const double steal = *state.machine_steal_ticks - *before.machine_steal_ticks;
    if (ticks > 0 && steal >= 0) state.steal_share = steal / ticks;
  }
}

bool has_weft_frames(const std::optional<pprof::Profile>& profile) {
  return profile && std::any_of(profile->functions.begin(), profile->functions.end(),
                                [](const auto& function) { return function.name.starts_with("weft::sched::"); });
}

}  // namespace

void settle(Evidence& evidence) {
  sort_by_time(evidence.metrics);
  merge_untimed(evidence.metrics);
  sort_by_time(evidence.process);
  order_profiles(evidence.heap_snapshots, evidence.heap);
  order_profiles(evidence.goroutine_snapshots, evidence.goroutine);
  set_steal_between(evidence.process);
  join_process_and_metrics(evidence);
  const bool go_binary = evidence.binary && evidence.binary->go_version;
  const bool said = go_binary && (*evidence.binary->go_version != kUnknownGoVersion || !evidence.go_version);
  if (said) evidence.go_version = evidence.binary->go_version;
  const bool weft_binary = evidence.binary && evidence.binary->is_weft;
  evidence.is_weft =
      evidence.is_weft || weft_binary || has_weft_frames(evidence.cpu) || has_weft_frames(evidence.goroutine);
}

}  // namespace weft::doctor
