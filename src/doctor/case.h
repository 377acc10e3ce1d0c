// doctor/case.h: one service as the rules see it: the evidence, and what follows from it.
//
// GATES  [case.G0] CPU shares count from kLeastSamples samples on; rules fire on the lower bound of a share (Wilson,
// 95 %)
//        [case.G1] below kLeastCores used the shares say nothing: mostly idle; used are those too that its processors
//                  were busy for and did not get (busy_ratio)
//        [case.G2] a profile that saw much less CPU time than the process used: remarked on
//        [case.G3] /cpu/classes and the heap's live size move only when a collection ends: without fresh ones in the
//                  window they are unknown, not zero
//        [case.G4] a small service: findings of the CPU profile inform, and ask for no action
//        [case.G5] a contended host: the numbers are noisy, and the report says so
//        [case.G6] a profile of another runtime (Rust, Java) has none of the costs: that is no health
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/cpu_shares.h"
#include "doctor/evidence.h"

namespace weft::doctor {

/// Two looks at the metrics, and what changed in between. Both may be the same: then nothing did.
class Window {
 public:
  Window() = default;
  Window(const Metrics& first, const Metrics& last);

  double seconds() const { return seconds_; }  // 0: one look, or no clock
  /// How much a counter rose; absent: not in both, or seconds() is 0.
  std::optional<double> delta(std::string_view metric) const;
  /// The same, for each second.
  std::optional<double> rate(std::string_view metric) const;
  std::optional<double> first(std::string_view metric) const;
  std::optional<double> last(std::string_view metric) const;
  /// The distribution of what was observed in between; of all, where there was one look.
  std::optional<Histogram> histogram(std::string_view metric) const;

 private:
  const Metrics* first_ = nullptr;
  const Metrics* last_ = nullptr;
  double seconds_ = 0;
};

/// The value below which `share` of the observations lie: the lower bound of its bucket. Absent: no observations.
std::optional<double> quantile_floor(const Histogram& histogram, double share);

struct Gates {
  static constexpr std::int64_t kLeastSamples = 100;
  static constexpr double kLeastCores = 0.25;

  bool cpu = false;                  // G0 and G1: shares of the CPU profile may be judged
  std::string why_not_cpu;           // else: for Judgement::missing ...
  std::string would_help_cpu;        // ... and for Judgement::would_help
  bool small_service = false;        // G4
  std::vector<std::string> remarks;  // of G1, G2, G4, G5: whole sentences
};

struct Case {
  explicit Case(const Evidence& evidence_);
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  const Evidence& evidence;
  Window window;  // from the first look to the last
  Window tail;    // the end of it: from the latest look that is a second or more before the last
  std::optional<CpuShares> cpu;
  Gates gates;

  std::optional<double> processors;  // GOMAXPROCS
  std::optional<double> cores;       // CPU used, by the profile, else by the process
  std::optional<double> gc_cycles_per_second;
  std::optional<double> gc_metric_share;  // (gc - idle) / (total - idle) of /cpu/classes; G3
  std::optional<double> heap_live_bytes, heap_goal_bytes,
      memory_limit_bytes;                 // the limit is GOMEMLIMIT; infinity: none
  std::optional<double> gogc_percent;     // infinity: off
  std::optional<double> quota_cpus;       // infinity: none
  std::optional<double> throttled_share;  // of the periods in the window
  std::optional<double> busy_ratio;  // busy processor-seconds over CPU-seconds: above 1.3 somebody waits for a core
};

}  // namespace weft::doctor
