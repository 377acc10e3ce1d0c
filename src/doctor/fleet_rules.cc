#include "doctor/fleet_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace weft::doctor {
namespace {

constexpr double kMega = 1e6;
constexpr double kLeastCores = 0.25;        // below, shares of the processor mean nothing
constexpr double kNoLimit = 9e18;           // how the runtime writes "none"
constexpr double kCycleSeconds = 0.0019;    // a collection of a small heap: 0.9 to 2.4 ms were measured
constexpr double kObjectSeconds = 40e-9;    // an allocation: 35 to 47 ns were measured
constexpr double kCrossingSeconds = 25e-9;  // a call from Go to C
constexpr double kCollectorLever = 0.7;     // of its time, a higher goal gives so much back

class Judge {
 public:
  explicit Judge(Service service) { verdict_.service = std::move(service); }

  FleetVerdict run() {
    throttling();
    overload();
    goroutine_growth();
    collector();
    memory_limit();
    idle_memory();
    allocations();
    crossings();
    unexplained();
    say_what_is_missing();
    std::sort(verdict_.findings.begin(), verdict_.findings.end(), [](const FleetFinding& a, const FleetFinding& b) {
      return std::tie(b.severity, b.lost_cores, a.rule) < std::tie(a.severity, a.lost_cores, b.rule);
    });
    return std::move(verdict_);
  }

 private:
  std::optional<double> get(Measure measure) const { return verdict_.service.get(measure); }
  double cores() const { return get(Measure::kCores).value_or(0); }
  bool is_idle() const { return get(Measure::kCores) && cores() < kLeastCores; }

  void add(FleetFinding finding) { verdict_.findings.push_back(std::move(finding)); }
  // Who uses hardly any processor loses hardly any.
  FleetSeverity if_busy(FleetSeverity severity) const { return is_idle() ? FleetSeverity::kInfo : severity; }

  // S11. A service that stands still in a share of the scheduler's periods could use as much more.
  void throttling() {
    const auto throttled = get(Measure::kThrottled);
    const auto processors = get(Measure::kProcessors), quota = get(Measure::kQuota);
    if (throttled && *throttled > 0.05) {
      std::string why = fmt::format("throttled in {} % of the scheduler's periods", short_number(100 * *throttled));
      if (quota) why += fmt::format(", quota {} CPUs", short_number(*quota));
      if (quota && processors && *processors > std::max(2.0, std::ceil(*quota))) {
        why += fmt::format(": GOMAXPROCS={} is too many for it", short_number(*processors));
      }
      add({.rule = "S11",
           .severity = *throttled > 0.25 ? FleetSeverity::kHigh : FleetSeverity::kWarning,
           .lost_cores = *throttled * cores(),
           .why = why});
      return;
    }
    const auto busy = get(Measure::kBusyProcessors);
    if (throttled || !busy || !has_collected() || cores() < kLeastCores || *busy < 1.5 * cores()) return;
    add({.rule = "S11",
         .severity = FleetSeverity::kInfo,
         .why = fmt::format("the runtime counts {} busy processors, the system {}: throttled, or a crowded machine",
                            short_number(*busy), short_number(cores()))});
  }

  void overload() {
    const auto runnable = get(Measure::kRunnable), processors = get(Measure::kProcessors);
    const auto latency = get(Measure::kLatencyP99);
    const bool backlog = runnable && processors && *runnable > 50 * *processors;
    const bool late = latency && *latency > 0.1;
    if (!backlog && !late) return;
    std::string why;
    if (backlog) {
      why = fmt::format("{} goroutines ready to run on {} processors", short_number(*runnable),
                        short_number(*processors));
    }
    if (late)
      why += fmt::format("{}ready goroutines wait {} s or more (p99)", backlog ? "; " : "", short_number(*latency));
    add({.rule = "R6/S02",
         .severity = backlog ? FleetSeverity::kHigh : FleetSeverity::kWarning,
         .why = why,
         .wants_profile = true});
  }

  // R6: many, and more at every look; or ten times as many. A plateau is fine at any height.
  void goroutine_growth() {
    constexpr double kMany = 1000, kStackBytes = 4096;
    const auto& points = verdict_.service.goroutines;
    if (points.size() < 3) return;
    const double first = points.front().second, last = points.back().second;
    std::size_t falls = 0;
    for (std::size_t i = 1; i < points.size(); ++i) falls += points[i].second < points[i - 1].second ? 1 : 0;
    const bool rises = falls * 10 <= points.size() - 1 && last > 1.2 * first;
    const bool leaps = last > 10 * first;
    if (last < kMany || (!rises && !leaps)) return;
    const double seconds = points.back().first - points.front().first;
    add({.rule = "R6",
         .severity = rises && last > 2 * first ? FleetSeverity::kHigh : FleetSeverity::kWarning,
         .lost_bytes = (last - first) * kStackBytes,
         .why = fmt::format("{} goroutines, {} {} ago{}", short_number(last), short_number(first),
                            seconds < 120 ? short_number(seconds) + " s" : short_number(seconds / 60) + " min",
                            rises ? ", rising all the time" : ""),
         .wants_profile = true});
  }

  bool has_collected() const { return get(Measure::kCyclesPerSecond).value_or(0) > 0; }

  std::optional<double> live_bytes() const {
    if (get(Measure::kHeapLive)) return get(Measure::kHeapLive);
    const auto goal = get(Measure::kHeapGoal), gogc = get(Measure::kGogc);
    if (!goal || !gogc || *gogc < 0 || *gogc > kNoLimit) return std::nullopt;
    return *goal / (1 + *gogc / 100);
  }

  // R2, and which of the opposite levers fits. Where the collector's share is not exported, cycles stand in for it.
  void collector() {
    const double cycles = get(Measure::kCyclesPerSecond).value_or(0);
    const auto share = has_collected() ? get(Measure::kGcShare) : std::nullopt;
    const auto goal = get(Measure::kHeapGoal), limit = get(Measure::kMemoryLimit), total = get(Measure::kRuntimeTotal);
    const double collecting = share ? *share * cores() : std::min(0.5 * cores(), cycles * kCycleSeconds);
    const std::string of_cpu = share ? fmt::format(", {} % of its processor time", short_number(100 * *share)) : "";
    FleetFinding finding{.lost_cores = kCollectorLever * collecting};
    if (limit && *limit < kNoLimit && total && *total > 0.9 * *limit && cycles > 1) {
      finding.rule = "R2/S05c";
      finding.severity = FleetSeverity::kHigh;
      finding.lost_cores = share ? collecting : 0.4 * cores();
      finding.why = fmt::format("GOMEMLIMIT {} is too tight: {} in use, {} collections a second{}", short_bytes(*limit),
                                short_bytes(*total), short_number(cycles), of_cpu);
    } else if (goal && *goal < 64 * kMega && cycles > 10) {
      finding.rule = "R2/S05b";
      finding.severity = collecting > 0.2 * cores() ? FleetSeverity::kHigh : FleetSeverity::kWarning;
      finding.why =
          fmt::format("{} collections a second at a heap goal of {}{}: raise GOGC, or GOGC=off with a GOMEMLIMIT",
                      short_number(cycles), short_bytes(*goal), of_cpu);
    } else if (share && *share > 0.15) {
      const auto live = live_bytes();
      const bool large = live && *live > 64 * kMega;
      finding.rule = large ? "R2/S05a" : "R2";
      finding.severity = *share > 0.3 ? FleetSeverity::kHigh : FleetSeverity::kWarning;
      finding.wants_profile = true;
      finding.why = fmt::format("the collector takes {} % of its processor time{}", short_number(100 * *share),
                                large ? fmt::format(", {} live", short_bytes(*live)) : "");
    } else {
      return;
    }
    finding.severity = if_busy(finding.severity);
    add(std::move(finding));
  }

  // X1: the kernel ends the process at the container's limit, of which the collector knows nothing by itself.
  void memory_limit() {
    const auto limit = get(Measure::kContainerLimit);
    const auto used = get(Measure::kContainerUsed) ? get(Measure::kContainerUsed) : get(Measure::kResident);
    if (!limit || !used) return;
    const double share = *used / *limit;
    const auto own_limit = get(Measure::kMemoryLimit);
    const bool guarded = own_limit && *own_limit < kNoLimit;
    if (share < (guarded ? 0.95 : 0.8)) return;
    add({.rule = "X1",
         .severity = share > 0.95 ? FleetSeverity::kHigh : FleetSeverity::kWarning,
         .why = fmt::format("uses {} % of its container's {}{}", short_number(100 * share), short_bytes(*limit),
                            own_limit && !guarded ? ", and GOMEMLIMIT is not set" : "")});
  }

  // S06
  void idle_memory() {
    constexpr double kLeast = 256 * kMega;
    const auto resident = get(Measure::kResident), free = get(Measure::kFree), rate = get(Measure::kAllocatedBytes);
    if (!resident || !free || !rate) return;
    if (*resident < kLeast || *free < 0.5 * *resident || *rate > 0.01 * *resident) return;
    add({.rule = "S06",
         .severity = FleetSeverity::kWarning,
         .lost_bytes = *free,
         .why = fmt::format("{} resident, of which {} lie free and kept, and it allocates next to nothing",
                            short_bytes(*resident), short_bytes(*free))});
  }

  void allocations() {
    const auto objects = get(Measure::kAllocatedObjects);
    if (!objects || cores() < kLeastCores || *objects * kObjectSeconds < 0.1 * cores()) return;
    add({.rule = "R1",
         .severity = FleetSeverity::kWarning,
         .lost_cores = 0.5 * std::min(cores(), *objects * kObjectSeconds),
         .why = fmt::format("{} million objects a second: allocating them takes about {} % of its processor time",
                            short_number(*objects / 1e6),
                            short_number(std::min(100.0, 100 * *objects * kObjectSeconds / cores()))),
         .wants_profile = true});
  }

  void crossings() {
    const auto calls = get(Measure::kCgoCalls);
    if (!calls || cores() < kLeastCores || *calls * kCrossingSeconds < 0.05 * cores()) return;
    add({.rule = "R4",
         .severity = FleetSeverity::kWarning,
         .lost_cores = 0.9 * std::min(cores(), *calls * kCrossingSeconds),
         .why = fmt::format("{} million calls a second from Go to C: the crossings alone take about {} % of its "
                            "processor time",
                            short_number(*calls / 1e6),
                            short_number(std::min(100.0, 100 * *calls * kCrossingSeconds / cores()))),
         .wants_profile = true});
  }

  void unexplained() {
    constexpr double kMuch = 0.5;
    if (cores() < kMuch || !verdict_.findings.empty()) return;
    add({.rule = "G1",
         .severity = FleetSeverity::kInfo,
         .why = fmt::format("uses {} cores, and no metric says what for", short_number(cores())),
         .wants_profile = true});
  }

  void say_what_is_missing() {
    const auto missing = [this](Measure measure, const char* what) {
      if (!get(measure)) verdict_.not_judged.emplace_back(what);
    };
    missing(Measure::kCores, "processor time: no process_cpu_seconds_total");
    missing(Measure::kThrottled, "CPU throttling: no cAdvisor series that is surely its container's");
    missing(Measure::kLatencyP99, "scheduling latency: not exported (collectors.MetricsAll)");
    if (verdict_.service.goroutines.size() < 3)
      verdict_.not_judged.emplace_back("goroutines over time: seen too briefly");
    if (verdict_.service.is_weft) return;
    missing(Measure::kCyclesPerSecond, "collections: not exported");
    if (!get(Measure::kGcShare)) {
      verdict_.not_judged.emplace_back("the collector's share: not exported (collectors.MetricsAll)");
    } else if (!has_collected()) {
      verdict_.not_judged.emplace_back("the collector's share: no collection ended in the window");
    }
  }

  FleetVerdict verdict_;
};

}  // namespace

double FleetVerdict::lost_cores() const {
  double most = 0;
  for (const FleetFinding& finding : findings) most = std::max(most, finding.lost_cores);
  return most;
}

double FleetVerdict::lost_bytes() const {
  double most = 0;
  for (const FleetFinding& finding : findings) most = std::max(most, finding.lost_bytes);
  return most;
}

bool FleetVerdict::wants_profile() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const FleetFinding& finding) { return finding.wants_profile; });
}

FleetVerdict judge_service(Service service) { return Judge(std::move(service)).run(); }

void rank(std::vector<FleetVerdict>& verdicts) {
  constexpr double kBytesOfACore = 8.0 * (1 << 30);
  const auto loss = [](const FleetVerdict& v) { return v.lost_cores() + v.lost_bytes() / kBytesOfACore; };
  std::sort(verdicts.begin(), verdicts.end(), [&](const FleetVerdict& a, const FleetVerdict& b) {
    const double cores_a = a.service.get(Measure::kCores).value_or(0),
                 cores_b = b.service.get(Measure::kCores).value_or(0);
    return std::tuple(b.severity(), loss(b), cores_b, a.service.job, a.service.instance) <
           std::tuple(a.severity(), loss(a), cores_a, b.service.job, b.service.instance);
  });
}

std::string short_number(double value) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  if (value == 0) return "0";
  const int digits = static_cast<int>(std::floor(std::log10(std::abs(value))));
  std::string text = fmt::format("{:.{}f}", value, std::clamp(2 - digits, 0, 6));
  if (text.find('.') != std::string::npos) text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string short_bytes(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 < std::size(units); ++unit) bytes /= 1000;
  return short_number(bytes) + " " + units[unit];
}

}  // namespace weft::doctor
