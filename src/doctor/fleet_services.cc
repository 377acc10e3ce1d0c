#include "doctor/fleet_services.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

namespace weft::doctor {
namespace {

struct Question {
  Measure measure;
  std::string_view expression;  // $M: the matchers within braces, $W: the window for rates
};

// `or` prefers the left; both sides have a name only one of which a program exports, or the same number twice.
constexpr Question kQuestions[] = {
    {Measure::kGoroutines,
     "go_goroutines{$M} or go_sched_goroutines_goroutines{$M} or weft_sched_goroutines_goroutines{$M}"},
    {Measure::kRunnable,
     "go_sched_goroutines_runnable_goroutines{$M} or weft_sched_goroutines_runnable_goroutines{$M}"},
    {Measure::kProcessors, "go_sched_gomaxprocs_threads{$M} or weft_sched_gomaxprocs_threads{$M}"},
    {Measure::kThreads, "go_threads{$M} or go_sched_threads_total_threads{$M} or weft_sched_threads_total_threads{$M}"},
    {Measure::kCores, "rate(process_cpu_seconds_total{$M}[$W])"},
    {Measure::kResident, "process_resident_memory_bytes{$M}"},
    {Measure::kStart, "process_start_time_seconds{$M}"},
    {Measure::kCyclesPerSecond,
     "rate(go_gc_cycles_total_gc_cycles_total{$M}[$W]) or rate(go_gc_duration_seconds_count{$M}[$W])"},
    {Measure::kHeapGoal, "go_gc_heap_goal_bytes{$M} or go_memstats_next_gc_bytes{$M}"},
    {Measure::kHeapLive, "go_gc_heap_live_bytes{$M}"},
    {Measure::kGogc, "go_gc_gogc_percent{$M}"},
    {Measure::kMemoryLimit, "go_gc_gomemlimit_bytes{$M}"},
    {Measure::kRuntimeTotal,
     "(go_memory_classes_total_bytes{$M} - go_memory_classes_heap_released_bytes{$M}) or "
     "(go_memstats_sys_bytes{$M} - go_memstats_heap_released_bytes{$M})"},
    {Measure::kFree,
     "min_over_time(go_memory_classes_heap_free_bytes{$M}[$W]) or "
     "(min_over_time(go_memstats_heap_idle_bytes{$M}[$W]) - max_over_time(go_memstats_heap_released_bytes{$M}[$W]))"},
    {Measure::kAllocatedBytes,
     "rate(go_gc_heap_allocs_bytes_total{$M}[$W]) or rate(go_memstats_alloc_bytes_total{$M}[$W])"},
    {Measure::kAllocatedObjects,
     "rate(go_gc_heap_allocs_objects_total{$M}[$W]) or rate(go_memstats_mallocs_total{$M}[$W])"},
    {Measure::kGcShare,
     "(rate(go_cpu_classes_gc_total_cpu_seconds_total{$M}[$W]) - "
     "rate(go_cpu_classes_gc_mark_idle_cpu_seconds_total{$M}[$W]))"
     " / (rate(go_cpu_classes_total_cpu_seconds_total{$M}[$W]) - rate(go_cpu_classes_idle_cpu_seconds_total{$M}[$W]) > "
     "0)"},
    {Measure::kBusyProcessors,
     "rate(go_cpu_classes_total_cpu_seconds_total{$M}[$W]) - rate(go_cpu_classes_idle_cpu_seconds_total{$M}[$W])"},
    {Measure::kLatencyP99,
     "histogram_quantile(0.99, rate(go_sched_latencies_seconds_bucket{$M}[$W])) or "
     "histogram_quantile(0.99, rate(weft_sched_latencies_seconds_bucket{$M}[$W]))"},
    {Measure::kCgoCalls, "rate(go_cgo_go_to_c_calls_calls_total{$M}[$W])"},
};

// cAdvisor's series belong to a container; whose program that is, other labels say.
constexpr Question kContainerQuestions[] = {
    {Measure::kThrottled,
     "rate(container_cpu_cfs_throttled_periods_total[$W]) / (rate(container_cpu_cfs_periods_total[$W]) > 0)"},
    {Measure::kQuota, "(container_spec_cpu_quota > 0) / (container_spec_cpu_period > 0)"},
    {Measure::kContainerLimit, "container_spec_memory_limit_bytes > 0"},
    {Measure::kContainerUsed, "container_memory_working_set_bytes"},
};

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string result(text);
  for (std::size_t at = 0; (at = result.find(what, at)) != std::string::npos; at += with.size()) {
    result.replace(at, what.size(), with);
  }
  return result;
}

std::string label(const SeriesLabels& labels, std::string_view key) {
  const auto found = labels.find(key);
  return found == labels.end() ? "" : found->second;
}

// The container's name, wherever this cAdvisor puts it. Kubernetes' sum of a pod has none, its pause container "POD".
std::string container_of(const SeriesLabels& labels) {
  for (const char* key : {"container", "container_name", "name"}) {
    if (std::string name = label(labels, key); !name.empty()) return name == "POD" ? "" : name;
  }
  return "";
}

std::string pod_of(const SeriesLabels& labels) {
  const std::string pod = label(labels, "pod");
  const std::string& name = pod.empty() ? label(labels, "pod_name") : pod;
  return name.empty() ? "" : label(labels, "namespace") + "/" + name;
}

class Asker {
 public:
  Asker(const PrometheusApi& api, const FleetOptions& options)
      : api_(api), options_(options), match_(options.match), now_(api.now()) {
    while (match_.starts_with('{') || match_.starts_with(' ')) match_.erase(0, 1);
    while (match_.ends_with('}') || match_.ends_with(' ') || match_.ends_with(',')) match_.pop_back();
  }

  Fleet run() {
    find_services();
    for (const Question& question : kQuestions) own_measure(question);
    for (const Question& question : kContainerQuestions) container_measure(question);
    if (!knows_containers_) {
      fleet_.notes.push_back("no container_* metrics (cAdvisor): nobody says who is throttled or near a memory limit");
    }
    goroutines_over_time();
    scrape_urls();
    return std::move(fleet_);
  }

 private:
  using Key = std::pair<std::string, std::string>;

  std::string expression(std::string_view text) const {
    return replaced(replaced(text, "$M", match_), "$W", fmt::format("{}s", options_.rate_window.count()));
  }

  // What fails is a note; the rest goes on.
  std::vector<Series> ask(std::string_view text) {
    try {
      return api_.query(expression(text), now_);
    } catch (const HttpError& error) {
      fleet_.notes.push_back(std::string("a question failed: ") + error.what());
      return {};
    }
  }

  // Not by ask(): a Prometheus that refuses the selector would answer nothing else either.
  void find_services() {
    const std::vector<Series> found = api_.query(expression(kQuestions[0].expression), now_);
    for (const Series& series : found) {
      const Key key{label(series.labels, "job"), label(series.labels, "instance")};
      if (!index_.emplace(key, fleet_.services.size()).second) continue;
      Service& service = fleet_.services.emplace_back();
      service.job = key.first;
      service.instance = key.second;
      service.labels = series.labels;
      service.is_weft = label(series.labels, "__name__").starts_with("weft_");
    }
    for (const Series& series : ask("go_info{$M}")) {
      if (Service* service = find(series.labels)) service->go_version = label(series.labels, "version");
    }
    for (const Series& series : ask("process_cpu_seconds_total{$M}")) {
      if (find(series.labels) == nullptr) ++fleet_.other_processes;
    }
  }

  Service* find(const SeriesLabels& labels) {
    const auto found = index_.find({label(labels, "job"), label(labels, "instance")});
    return found == index_.end() ? nullptr : &fleet_.services[found->second];
  }

  void own_measure(const Question& question) {
    for (const Series& series : ask(question.expression)) {
      Service* service = find(series.labels);
      if (service != nullptr) service->measures[static_cast<std::size_t>(question.measure)] = series.last();
    }
  }

  // By pod where the service's own series name theirs, else by a container named as the instance's host.
  void container_measure(const Question& question) {
    const std::vector<Series> all = ask(question.expression);
    knows_containers_ |= !all.empty();
    std::map<std::string, double> by_pod, by_name;
    for (const Series& series : all) {
      const std::string container = container_of(series.labels);
      if (container.empty()) continue;
      if (const std::string pod = pod_of(series.labels); !pod.empty()) {
        by_pod[pod + "/" + container] = series.last();
        by_pod[pod] = std::max(by_pod[pod], series.last());
      } else {
        by_name[container] = series.last();
      }
    }
    for (Service& service : fleet_.services) {
      if (const auto value = of_container(service, by_pod, by_name)) {
        service.measures[static_cast<std::size_t>(question.measure)] = *value;
      }
    }
  }

  static std::optional<double> of_container(const Service& service, const std::map<std::string, double>& by_pod,
                                            const std::map<std::string, double>& by_name) {
    const std::string pod = pod_of(service.labels);
    for (const std::string& key : {pod + "/" + container_of(service.labels), pod}) {
      if (const auto found = by_pod.find(key); !pod.empty() && found != by_pod.end()) return found->second;
    }
    const auto found = by_name.find(service.instance.substr(0, service.instance.rfind(':')));
    return found == by_name.end() ? std::nullopt : std::optional(found->second);
  }

  void goroutines_over_time() {
    constexpr double kPoints = 12;
    const auto window = static_cast<double>(options_.growth_window.count());
    try {
      const auto all = api_.query_range(expression(kQuestions[0].expression), {now_ - window, now_, window / kPoints});
      for (const Series& series : all) {
        Service* service = find(series.labels);
        if (service == nullptr) continue;
        service->goroutines = series.points;
        const double start = service->get(Measure::kStart).value_or(0);
        std::erase_if(service->goroutines, [start](const auto& point) { return point.first < start; });
      }
    } catch (const HttpError& error) {
      fleet_.notes.push_back(std::string("goroutines over time: ") + error.what());
    }
  }

  void scrape_urls() {
    std::map<Key, std::string> urls;
    try {
      urls = api_.scrape_urls();
    } catch (const HttpError&) {  // Thanos, Mimir and others don't know; the instance is the next best
    }
    for (Service& service : fleet_.services) {
      const auto found = urls.find({service.job, service.instance});
      service.url = found == urls.end() ? "http://" + service.instance : found->second;
    }
  }

  const PrometheusApi& api_;
  const FleetOptions& options_;
  std::string match_;
  const double now_;
  bool knows_containers_ = false;
  Fleet fleet_;
  std::map<Key, std::size_t> index_;
};

}  // namespace

Fleet ask_fleet(const PrometheusApi& api, const FleetOptions& options) { return Asker(api, options).run(); }

}  // namespace weft::doctor
