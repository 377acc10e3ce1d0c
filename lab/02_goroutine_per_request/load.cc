#include "lab/02_goroutine_per_request/load.h"

namespace lab {
namespace {

void report_delays(Report& report, const std::string& prefix, std::vector<std::int64_t>& delays) {
  std::erase(delays, 0);
  report.set(prefix + "_p50_ms", milliseconds_of(percentile(delays, .5)));
  report.set(prefix + "_p99_ms", milliseconds_of(percentile(delays, .99)));
  report.set(prefix + "_p999_ms", milliseconds_of(percentile(delays, .999)));
}

}  // namespace

void Outcome::print(std::int64_t shed, std::int64_t dropped) {
  Report report;
  report.set("peak_rss_mb", megabytes_of(peak_resident_bytes()));
  const auto offered = static_cast<double>(load_.requests);
  const double seconds = offered / static_cast<double>(load_.rate_per_second);
  auto percent = [&](std::int64_t count) { return 100 * static_cast<double>(count) / offered; };
  report.set("in_time_per_s", static_cast<double>(in_time_.load()) / seconds);
  report.set("wasted_percent", percent(wasted_.load()));
  report.set("shed_percent", percent(shed));
  report.set("dropped_percent", percent(dropped));
  report.set("live_most", static_cast<std::int64_t>(most_live_));
  report_delays(report, "start", start_delay_);
  report_delays(report, "ready", wake_delay_);
  report.set("done", static_cast<std::int64_t>(wake_delay_.size()));
  report.print();
}

}  // namespace lab
