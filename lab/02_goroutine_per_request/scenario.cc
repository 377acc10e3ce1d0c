// Scenario 2's numbers. The load is set by what this machine's processors could serve if the runtime cost nothing:
// capacity = processors / CPU time of a request. "near" is about half of that, where runtimes still keep up and their
// queues show; "above" is all of it, which leaves nothing for the runtime itself.
#include "lab/harness/scenario.h"

namespace lab {
namespace {

constexpr double kRequestCpuNs = 15'000;
constexpr double kWaitMs = 100;
constexpr int kPatienceMs = 300;
constexpr int kQueue = 1024;
constexpr double kNearShare = 0.55;
constexpr double kAboveShare = 1.0;

std::string whole(double value) { return std::to_string(static_cast<long long>(value + 0.5)); }

// Above capacity the late starts count where they hurt, in what is answered in time: a pool that sheds measures the
// starts of those alone that it let in.
std::vector<Measure> measures(bool above) {
  return {{"in_time_per_s", "answered in time", "1/s", Better::more, above},
          {"shed_percent", "shed at the door", "%", Better::neither},
          {"dropped_percent", "dropped, client had left", "%", Better::neither},
          {"wasted_percent", "worked for clients that had left", "%", Better::less},
          {"live_most", "goroutines, most at a time", "", Better::neither},
          {"start_p50_ms", "due to started, p50", "ms", Better::less},
          {"start_p99_ms", "due to started, p99", "ms", Better::less, !above},
          {"start_p999_ms", "due to started, p99.9", "ms", Better::less},
          {"ready_p50_ms", "ready to running, p50", "ms", Better::less},
          {"ready_p99_ms", "ready to running, p99", "ms", Better::less, true},
          {"ready_p999_ms", "ready to running, p99.9", "ms", Better::less},
          {"peak_rss_mb", "peak memory", "MB", Better::less}};
}

}  // namespace

Scenario scenario_02(const Scale& scale) {
  const double capacity = scale.processors * 1e9 / kRequestCpuNs;
  const double seconds = scale.quick ? 0.5 : 1.2;
  auto phase = [&](const std::string& name, double share, bool above) {
    const double rate = capacity * share;
    return Phase{name,
                 {{"rate", whole(rate)},
                  {"requests", whole(rate * seconds)},
                  {"work-rounds", whole(kRequestCpuNs / scale.burn_round_ns)},
                  {"wait-ms", whole(kWaitMs)},
                  {"patience-ms", std::to_string(kPatienceMs)},
                  {"workers", whole(capacity * kWaitMs / 1000)},
                  {"queue", std::to_string(kQueue)}},
                 measures(above)};
  };
  return {2,
          "02_goroutine_per_request",
          "goroutine per request",
          "a goroutine for every request, whatever comes",
          "a pool of workers behind a bounded queue, sheds when full, drops whose client left",
          {phase("near capacity", kNearShare, false), phase("above capacity", kAboveShare, true)}};
}

}  // namespace lab
