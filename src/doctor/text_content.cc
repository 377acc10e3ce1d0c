// What a text is, and its content as evidence.
#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "doctor/content.h"
#include "doctor/expvar.h"
#include "doctor/go_build_info.h"
#include "doctor/go_log.h"
#include "doctor/goroutine_dump.h"
#include "doctor/json_reading.h"
#include "doctor/metric_names.h"
#include "doctor/process_files.h"
#include "doctor/prometheus_text.h"
#include "doctor/runtime_metrics_json.h"
#include "doctor/section_table.h"
#include "doctor/text_scan.h"
#include "doctor/unreadable.h"

namespace weft::doctor {
namespace {

void note_source(Evidence& evidence, std::string_view name, std::string_view what) {
  evidence.sources.push_back(fmt::format("{}: {}", name, what));
}

void add_capture(Evidence& evidence, std::string_view name, const boost::json::object& object) {
  RuntimeCapture capture = read_runtime_capture(object);
  for (const std::string& problem : capture.problems) evidence.unread.push_back(fmt::format("{}: {}", name, problem));
  note_source(evidence, name,
              fmt::format("{} metrics, {} files of /proc and cgroups",
                          capture.metrics.values.size() + capture.metrics.histograms.size(), capture.files.size()));
  if (!capture.files.empty()) {
    ProcessState state = read_process_state(capture.files);
    state.unix_seconds = capture.metrics.unix_seconds;
    evidence.process.push_back(std::move(state));
  }
  if (capture.metrics.values.empty() && capture.metrics.histograms.empty()) return;
  capture.metrics.source = std::string(name);
  evidence.metrics.push_back(std::move(capture.metrics));
}

ContentKind add_json(Evidence& evidence, std::string_view name, std::string_view text) {
  const boost::json::object object = parse_json_object(text);
  if (is_runtime_capture(object)) {
    add_capture(evidence, name, object);
    return ContentKind::kRuntimeMetricsJson;
  }
  if (!is_expvar(object)) return ContentKind::kUnknown;
  Metrics metrics = read_expvar(object);
  metrics.source = std::string(name);
  evidence.metrics.push_back(std::move(metrics));
  note_source(evidence, name, "expvar");
  return ContentKind::kExpvar;
}

bool add_prometheus(Evidence& evidence, std::string_view name, std::string_view text) {
  const PrometheusText page = read_prometheus(text);
  if (page.samples == 0 || page.bad_lines > page.samples) return false;
  PageMetrics found = runtime_metrics_of(page);
  if (page.bad_lines > 0) {
    evidence.unread.push_back(fmt::format("{}: {} lines ({})", name, page.bad_lines, page.first_bad_line));
  }
  if (page.cut_off) evidence.unread.push_back(fmt::format("{}: more samples than are read", name));
  if (found.several_processes) {
    evidence.unread.push_back(fmt::format("{}: has the metrics of several processes; the first one's count", name));
  }
  evidence.is_weft = evidence.is_weft || found.is_weft;
  if (found.go_version) evidence.go_version = std::move(found.go_version);
  if (found.metrics.values.empty() && found.metrics.histograms.empty()) {
    throw Unreadable("metrics, but none of a runtime");
  }
  note_source(evidence, name, fmt::format("metrics page, {} samples", page.samples));
  found.metrics.source = std::string(name);
  evidence.metrics.push_back(std::move(found.metrics));
  return true;
}

// A page announces itself; without comments its lines must all be samples.
bool looks_like_prometheus(std::string_view text) {
  const std::string_view head = text.substr(0, 4096);
  if (head.starts_with("# HELP ") || head.starts_with("# TYPE ")) return true;
  if (head.find("\n# HELP ") != std::string_view::npos || head.find("\n# TYPE ") != std::string_view::npos) return true;
  const std::string_view first = head.substr(0, head.find('\n'));
  const PrometheusText line = read_prometheus(first);
  return line.samples == 1 && (first.starts_with("go_") || first.starts_with("process_") || first.starts_with("weft_"));
}

bool add_go_log(Evidence& evidence, std::string_view name, std::string_view text) {
  const GoLogCounts counts = read_go_log(evidence, text);
  if (counts.all() == 0) return false;
  std::string what = "log:";
  const auto append = [&](std::size_t count, std::string_view of) {
    if (count == 0) return;
    what += fmt::format("{} {} {}{}", what.ends_with(':') ? "" : ",", count, of, count == 1 ? "" : "s");
  };
  append(counts.gc_cycles, "gctrace line");
  append(counts.sched_lines, "schedtrace line");
  append(counts.init_lines, "inittrace line");
  append(counts.scavenger_lines, "scavtrace line");
  append(counts.forced_notices, "forced collection");
  if (counts.runs > 1) what += fmt::format("; {} runs, of which the last counts", counts.runs);
  note_source(evidence, name, what);
  return true;
}

void add_dump(Evidence& evidence, std::string_view name, std::string_view text) {
  GoroutineDump dump = read_goroutine_dump(text);
  dump.source = std::string(name);
  note_source(evidence, name, fmt::format("dump of {} goroutines", dump.total()));
  evidence.dumps.push_back(std::move(dump));
}

bool add_build_info(Evidence& evidence, std::string_view name, std::string_view text) {
  auto info = read_build_info_text(text);
  if (!info) return false;
  Binary binary;
  binary.go_version = std::move(info->go_version);
  binary.module = std::move(info->module);
  binary.settings = std::move(info->settings);
  add_binary(evidence, name, std::move(binary));
  return true;
}

bool is_web_page(std::string_view text) {
  for (const std::string_view start : {"<!doctype html", "<html"}) {
    const bool same = std::ranges::equal(text.substr(0, start.size()), start,
                                         [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
    if (same) return true;
  }
  return false;
}

// "main;work;step 17", as flame graphs are drawn from.
bool is_folded_stack(std::string_view line) {
  const std::size_t count = line.rfind(' ');
  if (count == std::string_view::npos || count + 1 == line.size()) return false;
  const bool number = line.find_first_not_of("0123456789", count + 1) == std::string_view::npos;
  return number && line.substr(0, count).find(';') != std::string_view::npos &&
         line.substr(0, count).find(' ') == std::string_view::npos;
}

}  // namespace

std::string known_but_unused(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kKnown[] = {
      {"heap profile: ", "a heap profile as text: ask for it without debug=1"},
      {"--- contention:", "a block profile as text: ask for it without debug=1"},
      {"--- mutex:", "a mutex profile as text: ask for it without debug=1"},
      {"threadcreate profile: ", "a thread creation profile as text: ask for it without debug=1"},
      {"goroutineleak profile: ", "a goroutine leak profile as text: ask for it without debug=1"},
      {"Could not enable CPU profiling", "an error instead of a profile: another CPU profile was being taken"},
      {"Unknown profile", "an error instead of a profile: the server has no such profile"},
  };
  for (const auto& [start, words] : kKnown) {
    if (text.starts_with(start)) return std::string(words);
  }
  if (is_web_page(trim(text.substr(0, 4096)))) return "a web page";
  if (is_folded_stack(text.substr(0, text.find('\n')))) return "folded stacks: give the profile they were made of";
  return "";
}

ContentKind add_text(Evidence& evidence, std::string_view name, std::string_view text) {
  if (const std::string why = known_but_unused(text); !why.empty()) throw Unreadable(why);
  if (trim(text).starts_with('{')) {
    try {
      const ContentKind kind = add_json(evidence, name, text);
      if (kind != ContentKind::kUnknown) return kind;
    } catch (const Unreadable&) {  // a log may be a JSON object a line
      if (add_go_log(evidence, name, text)) return ContentKind::kGoLog;
      throw;
    }
  }
  if (looks_like_prometheus(text) && add_prometheus(evidence, name, text)) return ContentKind::kPrometheus;
  if (add_build_info(evidence, name, text)) return ContentKind::kBuildInfo;
  if (is_section_table(text)) {
    Binary binary;
    if (!read_section_table(text, binary)) throw Unreadable("a table without a section");
    // Of tables in several files each has a part.
    if (evidence.binary) {
      for (const auto& [section, bytes] : evidence.binary->section_bytes) binary.section_bytes.emplace(section, bytes);
    }
    add_binary(evidence, name, std::move(binary));
    return ContentKind::kSectionTable;
  }
  if (add_shutdown_timeline(evidence, text)) {
    note_source(evidence, name, "how it went down");
    return ContentKind::kShutdownTimeline;
  }
  if (add_resident_series(evidence, text)) {
    note_source(evidence, name, fmt::format("resident memory, {} points", evidence.resident_series.size()));
    return ContentKind::kResidentSeries;
  }
  const bool log = add_go_log(evidence, name, text);
  if (has_goroutine_dump(text)) {
    add_dump(evidence, name, text);
    if (!log) return ContentKind::kGoroutineDump;
  }
  return log ? ContentKind::kGoLog : ContentKind::kUnknown;
}

}  // namespace weft::doctor
