// Lines with a time in front: how a service went down, how its resident memory went.
#include <vector>

#include "doctor/content.h"
#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostPoints = 1'000'000;

// "t=1.001 rest", "t=1s rest".
std::optional<double> read_time(Cursor& at) {
  if (!at.skip("t=")) return std::nullopt;
  const auto seconds = at.number();
  at.skip("s");
  return seconds && at.skip(" ") ? seconds : std::nullopt;
}

}  // namespace

bool add_shutdown_timeline(Evidence& evidence, std::string_view text) {
  Shutdown shutdown;
  std::vector<double> signals;
  for_each_line(text, [&](std::string_view line) {
    Cursor at(trim(line));
    const auto seconds = read_time(at);
    if (!seconds) return;
    if (at.skip("SIGTERM") || at.skip("SIGINT")) {
      if (signals.size() < 2) signals.push_back(*seconds);
    } else if (at.skip("exit")) {
      shutdown.exit_seconds = *seconds;
    } else if (at.skip("grace=")) {
      shutdown.grace_seconds = at.number();
    }
  });
  if (signals.empty()) return false;
  shutdown.first_signal_seconds = signals[0];
  if (signals.size() > 1) shutdown.second_signal_seconds = signals[1];
  if (evidence.shutdown && !shutdown.grace_seconds) shutdown.grace_seconds = evidence.shutdown->grace_seconds;
  evidence.shutdown = shutdown;
  return true;
}

bool add_resident_series(Evidence& evidence, std::string_view text) {
  constexpr double kKibibyte = 1024;
  std::vector<ResidentPoint> points;
  for_each_line(text, [&](std::string_view line) {
    Cursor at(trim(line));
    const auto seconds = read_time(at);
    if (!seconds || !at.skip("VmRSS=")) return;
    const auto kibibytes = at.number();
    if (kibibytes && points.size() < kMostPoints) points.push_back({*seconds, *kibibytes * kKibibyte});
  });
  if (points.empty()) return false;
  evidence.resident_series = std::move(points);
  return true;
}

}  // namespace weft::doctor
