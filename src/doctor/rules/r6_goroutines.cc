// R6: goroutines become ever more.
#include <algorithm>
#include <functional>
#include <map>

#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kMany = 1000;
constexpr double kManyTimes = 10;
constexpr double kMostWait = 0.90;
constexpr double kLeaked = 100;

double total_of(const pprof::Profile& profile) {
  double sum = 0;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) sum += static_cast<double>(profile.value(i, 0));
  return sum;
}

// Goroutine counts by time, from whichever source has the most of them.
std::vector<double> counts(const Case& service) {
  std::vector<double> by_metrics, by_profiles;
  for (const Metrics& metrics : service.evidence.metrics) {
    const auto live = metrics.get("/sched/goroutines:goroutines");
    if (live && metrics.unix_seconds) by_metrics.push_back(*live);
  }
  for (const pprof::Profile& profile : service.evidence.goroutine_snapshots) by_profiles.push_back(total_of(profile));
  return by_profiles.size() > by_metrics.size() ? by_profiles : by_metrics;
}

bool grows(const std::vector<double>& counts) {
  if (counts.size() < 2 || counts.back() < kMany) return false;
  const bool steadily =
      counts.size() >= 3 && std::ranges::adjacent_find(counts, std::greater_equal<>()) == counts.end();
  return steadily || counts.back() > kManyTimes * counts.front();
}

enum class Owner : std::uint8_t { kRuntime, kLibrary, kUser };

Owner owner_of(std::string_view function) {
  if (function.empty() || share_class(classify(function), FrameClass::kRuntime | FrameClass::kLibrary)) {
    return Owner::kRuntime;
  }
  return is_go_library(function) ? Owner::kLibrary : Owner::kUser;
}

// Where a goroutine stands: the first function from the leaf that is the user's, for every wait ends in the runtime and
// most in Go's library (time.Sleep, net.(*conn).Read); else the first outside of the runtime.
std::string_view place_of(const pprof::Profile& profile, const pprof::Sample& sample,
                          const std::vector<Owner>& owners) {
  std::string_view fallback;
  for (const std::uint32_t location : profile.stack(sample)) {
    for (const pprof::Line& line : profile.lines_of(profile.locations[location])) {
      const std::string_view name = profile.functions[line.function].name;
      if (owners[line.function] == Owner::kUser) return name;
      if (owners[line.function] == Owner::kLibrary && fallback.empty()) fallback = name;
    }
  }
  return fallback;
}

std::vector<Site> sites_of(const pprof::Profile& profile) {
  constexpr std::size_t kMostSites = 5;
  std::vector<Owner> owners;
  owners.reserve(profile.functions.size());
  for (const pprof::Function& function : profile.functions) owners.push_back(owner_of(function.name));
  std::map<std::string_view, double> goroutines;
  double total = 0;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    const auto count = static_cast<double>(std::max<std::int64_t>(0, profile.value(i, 0)));
    total += count;
    if (const auto place = place_of(profile, profile.samples[i], owners); !place.empty()) goroutines[place] += count;
  }
  std::vector<Site> sites;
  for (const auto& [place, count] : goroutines) {
    if (total > 0 && count / total >= kLeastSite) sites.push_back({std::string(place), count / total});
  }
  std::ranges::sort(sites, [](const Site& a, const Site& b) {
    return a.share != b.share ? a.share > b.share : a.function < b.function;
  });
  sites.resize(std::min(sites.size(), kMostSites));
  return sites;
}

Finding begin(const Case& service, const std::vector<double>& numbers) {
  Finding finding;
  finding.rule = "R6";
  finding.severity = Severity::kHigh;
  if (numbers.size() >= 2) {
    finding.evidence.push_back(fmt::format("goroutines {:.0f} -> {:.0f} in {} looks over {}", numbers.front(),
                                           numbers.back(), numbers.size(), duration(service.window.seconds())));
  }
  if (service.evidence.goroutine) finding.sites = sites_of(*service.evidence.goroutine);
  return finding;
}

std::optional<Finding> leak(const Case& service) {
  if (!service.evidence.goroutine_leak) return std::nullopt;
  const auto leaked = total_of(*service.evidence.goroutine_leak);
  if (leaked <= kLeaked) return std::nullopt;
  Finding finding;
  finding.rule = "R6";
  finding.scenario = "S02-leak";
  finding.severity = Severity::kHigh;
  finding.headline = fmt::format("{:.0f} goroutines wait for what nobody can send them any more", leaked);
  finding.evidence.push_back(fmt::format("goroutineleak profile: {:.0f}, as the collector proved", leaked));
  finding.sites = sites_of(*service.evidence.goroutine_leak);
  finding.action =
      "mend the blocked send or receive at these sites: a buffer of 1, or a select on the context's Done()";
  finding.gain_text = "memory, and the marking of it";
  finding.gap = "what the goroutine was to hand over must still reach somebody, or be dropped knowingly";
  return finding;
}

void name_growth(const Case& service, Finding& finding, double live) {
  const double waiting = service.window.last("/sched/goroutines/waiting:goroutines").value_or(0);
  const double outside = service.window.last("/sched/goroutines/not-in-go:goroutines").value_or(0);
  if (outside > 0.5 * live) {
    finding.action = "they are in C or in system calls: bound how many call at once, and give the calls a timeout";
  } else if (waiting > kMostWait * live) {
    finding.action =
        "they wait: a leak, or something downstream is slow. See what for in goroutine?debug=2; with Go 1.27, "
        "ask again with --leaks";
  } else {
    finding.action = "see where they are in goroutine?debug=2, and bound how many there may be";
  }
  finding.gain_text = "memory, and in the end the service";
  finding.gap = "a plateau under load is healthy, and so are 10,000 idle connections";
}

Judgement judge(const Case& service) {
  const std::vector<double> numbers = counts(service);
  const std::vector<std::string> overload = overload_evidence(service);
  if (auto found = leak(service)) return Judgement::fires(std::move(*found));
  const bool growing = grows(numbers);
  if (!overload.empty()) {
    Finding finding = begin(service, numbers);
    finding.scenario = "S02";
    finding.headline = "more work is let in than the processors can do: goroutines that could run pile up";
    finding.evidence.insert(finding.evidence.end(), overload.begin(), overload.end());
    finding.action =
        "let a bounded pool work (as many as processors for CPU, 2 to 4 times for I/O) and shed what does not fit, "
        "at the door; drop work whose client has left";
    finding.gain_text = "measured: p99 of scheduling 1.6 s to 0.15 s, refusals included";
    finding.gap = "a pool without cancellation works for clients that have gone";
    return Judgement::fires(std::move(finding));
  }
  if (growing) {
    Finding finding = begin(service, numbers);
    finding.headline = fmt::format("goroutines grow without a bound in sight: {:.0f} by now", numbers.back());
    name_growth(service, finding, numbers.back());
    return Judgement::fires(std::move(finding));
  }
  if (numbers.size() >= 2)
    return Judgement::healthy(fmt::format("{:.0f} goroutines, {:.0f} before", numbers.back(), numbers.front()));
  if (!service.evidence.sched_lines.empty()) return Judgement::healthy("no queue in schedtrace");
  return Judgement::cannot("goroutines were counted once or never", "two looks at /metrics, or a URL");
}

}  // namespace

const Rule kR6 = {
    {.id = "R6",
     .title = "goroutines without bound",
     .question = "Do goroutines become ever more, and what are they doing?",
     .evidence = "Goroutine counts over time; their states (Go 1.26 and later); the goroutineleak profile; "
                 "schedtrace's queues.",
     .fires = "At least 1,000, and more at each of three looks or over 10 times as many as at first; or an overload "
              "(S02); or more "
              "than 100 that the collector proved to be stuck.",
     .lever = "Ready to run: S02. Waiting: a leak, or a slow service downstream. Outside of Go: blocking calls.",
     .gain = "Memory, and in the end the service.",
     .refuse = "A plateau under load; idle connections.",
     .gap = "A bound that sheds must tell the client.",
     .references = "https://go.dev/doc/go1.27"},
    &judge};

}  // namespace weft::doctor
