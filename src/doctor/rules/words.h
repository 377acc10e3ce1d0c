// doctor/rules/words.h: numbers as the report says them, and what several rules put together in the same way.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "doctor/case.h"
#include "doctor/finding.h"

namespace weft::doctor {

inline std::string percent(double share) { return fmt::format("{:.1f}%", 100 * share); }
inline std::string percent(const Share& share) { return percent(share.value()); }

/// "3.1 MB", "2.0 GB"; decimal, as container limits are written.
inline std::string bytes(double count) {
  if (!std::isfinite(count)) return "no limit";
  if (count >= 1e9) return fmt::format("{:.1f} GB", count / 1e9);
  if (count >= 1e6) return fmt::format("{:.0f} MB", count / 1e6);
  return fmt::format("{:.0f} KB", count / 1e3);
}

/// "1.96 M", "320 k", "17".
inline std::string count(double number) {
  if (number >= 1e6) return fmt::format("{:.2f} M", number / 1e6);
  if (number >= 1e4) return fmt::format("{:.0f} k", number / 1e3);
  return fmt::format("{:.0f}", number);
}

inline std::string duration(double seconds) {
  if (seconds >= 1) return fmt::format("{:.1f} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.0f} ms", seconds * 1e3);
  return fmt::format("{:.0f} us", seconds * 1e6);
}

inline constexpr double kLeastSite = 0.001;  // of all samples; less shows as 0.0%

/// "1 line", "3 lines".
inline std::string counted(std::int64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

inline std::vector<Site> as_sites(const CpuShares& cpu, const std::vector<UserFrame>& frames) {
  std::vector<Site> sites;
  for (const UserFrame& frame : frames) {
    sites.push_back({std::string(frame.name), static_cast<double>(frame.samples) / static_cast<double>(cpu.total())});
  }
  std::erase_if(sites, [](const Site& site) { return site.share < kLeastSite; });
  return sites;
}

/// The user's functions that a class of frames is the work of, as shares of all samples.
inline std::vector<Site> sites_above(const CpuShares& cpu, FrameClass classes, std::size_t most = 5) {
  return as_sites(cpu, cpu.user_frames_above(classes, most));
}

/// A rule that reads the CPU profile alone, and may not.
inline Judgement no_cpu_shares(const Case& service) {
  return Judgement::cannot(service.gates.why_not_cpu, service.gates.would_help_cpu);
}

/// [case.G4]
inline void mind_the_scale(const Case& service, Finding& finding) {
  if (!service.gates.small_service || !finding.refusal.empty()) return;
  finding.severity = Severity::kInfo;
  finding.refusal = "the service is small: it uses less than half a core and 50 MB of heap, so there is little to gain";
}

/// Severity by a share: high from `high` on.
inline Severity graded(double share, double high) { return share > high ? Severity::kHigh : Severity::kWarning; }

}  // namespace weft::doctor
