#include "doctor/runtime_metrics_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "doctor/json_reading.h"
#include "doctor/memory_stats.h"
#include "doctor/text_scan.h"
#include "doctor/unreadable.h"

namespace weft::doctor {

namespace json = boost::json;

namespace {

// JSON has no infinity, so a bound may be a text.
std::optional<double> read_bound(const json::value& value) noexcept {
  if (const json::string* text = value.if_string()) return parse_number(std::string_view(*text));
  return json_number(value);
}

void append_bucket(Histogram& histogram, double begin, double end, double count) {
  if (histogram.bounds.empty()) {
    histogram.bounds.push_back(begin);
  } else if (begin > histogram.bounds.back()) {  // the empty ones between were left out
    histogram.bounds.push_back(begin);
    histogram.counts.push_back(0);
  } else if (begin < histogram.bounds.back()) {
    throw Unreadable("its buckets overlap");
  }
  if (!(end > begin)) throw Unreadable("a bucket ends before it begins");
  histogram.bounds.push_back(end);
  histogram.counts.push_back(count);
}

std::pair<double, double> read_range(const json::value& value) {
  const json::string* text = value.if_string();
  const std::string_view range = text == nullptr ? std::string_view() : std::string_view(*text);
  const std::size_t dots = range.find("..");
  if (dots == std::string_view::npos) throw Unreadable("a bucket is no range");
  const auto begin = parse_number(range.substr(0, dots));
  const auto end = parse_number(range.substr(dots + 2));
  if (!begin || !end) throw Unreadable("a bucket is no range");
  return {*begin, *end};
}

double read_count(const json::value& value) {
  const auto count = json_number(value);
  if (!count || !(*count >= 0)) throw Unreadable("a count is no number");
  return *count;
}

Histogram read_histogram(const json::object& object) {
  static const json::array kNone;
  const json::value* buckets_value = object.if_contains("buckets");
  const json::value* counts_value = object.if_contains("counts");
  if (buckets_value == nullptr || counts_value == nullptr) throw Unreadable("no number and no histogram");
  const json::array& buckets = buckets_value->is_array() ? buckets_value->get_array() : kNone;
  const json::array& counts = counts_value->is_array() ? counts_value->get_array() : kNone;
  Histogram histogram;
  if (!counts.empty() && buckets.size() == counts.size() + 1) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const auto begin = read_bound(buckets[i]), end = read_bound(buckets[i + 1]);
      if (!begin || !end) throw Unreadable("a bound is no number");
      append_bucket(histogram, *begin, *end, read_count(counts[i]));
    }
    return histogram;
  }
  if (buckets.size() != counts.size()) throw Unreadable("as many counts as buckets are needed");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto [begin, end] = read_range(buckets[i]);
    append_bucket(histogram, begin, end, read_count(counts[i]));
  }
  return histogram;
}

void read_metrics(const json::object& object, RuntimeCapture& capture) {
  for (const json::key_value_pair& entry : object) {
    const std::string name(entry.key());
    try {
      if (const auto number = json_number(entry.value())) {
        capture.metrics.values.insert_or_assign(name, *number);
      } else if (const json::object* histogram = entry.value().if_object()) {
        capture.metrics.histograms.insert_or_assign(name, read_histogram(*histogram));
      } else if (!entry.value().is_null()) {
        throw Unreadable("no number and no histogram");
      }
    } catch (const Unreadable& error) {
      capture.problems.push_back(name + ": " + error.what());
    }
  }
}

}  // namespace

bool is_runtime_capture(const json::object& object) noexcept {
  for (const std::string_view member : {"metrics", "proc"}) {
    const json::object* inside = json_member_object(object, member);
    if (inside == nullptr) continue;
    if (std::any_of(inside->begin(), inside->end(), [](const auto& entry) { return entry.key().starts_with('/'); })) {
      return true;
    }
  }
  return false;
}

RuntimeCapture read_runtime_capture(const json::object& object) {
  RuntimeCapture capture;
  if (const auto nanos = json_member_number(object, "unix_nano")) capture.metrics.unix_seconds = *nanos * 1e-9;
  if (const json::object* metrics = json_member_object(object, "metrics")) read_metrics(*metrics, capture);
  if (const json::object* files = json_member_object(object, "proc")) {
    for (const json::key_value_pair& entry : *files) {
      const json::string* text = entry.value().if_string();
      if (text != nullptr) capture.files.insert_or_assign(std::string(entry.key()), std::string(*text));
    }
  }
  if (capture.metrics.values.empty() && capture.metrics.histograms.empty() && capture.files.empty()) {
    throw Unreadable("a capture without a metric or a file");
  }
  mark_absent_limits(capture.metrics);
  return capture;
}

}  // namespace weft::doctor
