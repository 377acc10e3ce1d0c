#include "doctor/prometheus_api.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace weft::doctor {
namespace {

namespace json = boost::json;

const json::value* member(const json::value& value, std::string_view key) {
  const json::object* object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

std::string text_member(const json::value& value, std::string_view key) {
  const json::value* found = member(value, key);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? "" : std::string(*text);
}

// [1795426629.041, "12.5"]; nothing for NaN.
std::optional<std::pair<double, double>> read_point(const json::value& value) {
  const json::array* pair = value.if_array();
  if (pair == nullptr || pair->size() != 2 || !pair->at(0).is_number() || !pair->at(1).is_string()) return std::nullopt;
  const std::string text(pair->at(1).as_string());
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || std::isnan(number)) return std::nullopt;
  return std::pair(pair->at(0).to_number<double>(), number);
}

SeriesLabels read_labels(const json::value* value) {
  SeriesLabels labels;
  const json::object* object = value == nullptr ? nullptr : value->if_object();
  if (object == nullptr) return labels;
  for (const json::key_value_pair& label : *object) {
    if (const json::string* text = label.value().if_string())
      labels.emplace(std::string(label.key()), std::string(*text));
  }
  return labels;
}

std::vector<Series> read_series(const json::value& data) {
  std::vector<Series> all;
  const json::value* result = member(data, "result");
  if (result == nullptr || !result->is_array()) return all;
  for (const json::value& one : result->as_array()) {
    Series series{.labels = read_labels(member(one, "metric")), .points = {}};
    if (const json::value* value = member(one, "value")) {
      if (const auto point = read_point(*value)) series.points.push_back(*point);
    }
    const json::value* values = member(one, "values");
    if (values != nullptr && values->is_array()) {
      for (const json::value& value : values->as_array()) {
        if (const auto point = read_point(value)) series.points.push_back(*point);
      }
    }
    if (!series.points.empty()) all.push_back(std::move(series));
  }
  return all;
}

// The answer's "data", or why there is none.
json::value read_data(const std::string& body, const std::string& asked) {
  boost::system::error_code error;
  const json::value document = json::parse(body, error);
  if (error) throw HttpError(asked + ": not the answer of a Prometheus: " + error.message());
  if (text_member(document, "status") != "success") {
    const std::string why = text_member(document, "error");
    throw HttpError(asked + ": " + (why.empty() ? "not the answer of a Prometheus" : why));
  }
  const json::value* data = member(document, "data");
  return data == nullptr ? json::value() : *data;
}

}  // namespace

PrometheusApi::PrometheusApi(const std::string& url, HttpOptions http)
    : base_(parse_http_url(url)), http_(std::move(http)) {
  std::string path = base_.path();
  // The address as a browser shows it: /graph, /classic/targets, /api/v1/...
  for (const std::string_view page : {"/api/v1", "/graph", "/query", "/classic", "/targets"}) {
    if (const std::size_t at = path.rfind(page); at != std::string::npos) path.resize(at);
  }
  while (path.ends_with('/')) path.pop_back();
  base_ = base_.with_target(path);
}

std::string PrometheusApi::ask(const std::string& path_and_query) const {
  const std::string prefix = base_.target == "/" ? "" : base_.target;
  HttpAnswer answer = http_get(base_.with_target(prefix + path_and_query), http_);
  // 400, 422 and 503 carry a reason in JSON.
  if (!answer.ok() && answer.content_type != "application/json")
    throw HttpError(base_.text() + ": " + answer.describe());
  return std::move(answer.body);
}

double PrometheusApi::now() const {
  const json::value data = read_data(ask("/api/v1/query?query=time()"), base_.text());
  const json::value* result = member(data, "result");
  const auto point = result == nullptr ? std::nullopt : read_point(*result);
  if (!point) throw HttpError(base_.text() + ": not the answer of a Prometheus: it has no time");
  return point->second;
}

std::vector<Series> PrometheusApi::query(const std::string& expression, double at_unix) const {
  return read_series(read_data(
      ask(fmt::format("/api/v1/query?query={}&time={:.3f}", percent_encoded(expression), at_unix)), expression));
}

std::vector<Series> PrometheusApi::query_range(const std::string& expression, const TimeRange& range) const {
  return read_series(
      read_data(ask(fmt::format("/api/v1/query_range?query={}&start={:.3f}&end={:.3f}&step={:.3f}",
                                percent_encoded(expression), range.from_unix, range.to_unix, range.step_seconds)),
                expression));
}

std::map<std::pair<std::string, std::string>, std::string> PrometheusApi::scrape_urls() const {
  std::map<std::pair<std::string, std::string>, std::string> urls;
  const json::value data = read_data(ask("/api/v1/targets?state=active"), "targets");
  const json::value* targets = member(data, "activeTargets");
  if (targets == nullptr || !targets->is_array()) return urls;
  for (const json::value& target : targets->as_array()) {
    const SeriesLabels labels = read_labels(member(target, "labels"));
    const auto job = labels.find("job"), instance = labels.find("instance");
    const std::string url = text_member(target, "scrapeUrl");
    if (job != labels.end() && instance != labels.end() && !url.empty()) urls[{job->second, instance->second}] = url;
  }
  return urls;
}

}  // namespace weft::doctor
