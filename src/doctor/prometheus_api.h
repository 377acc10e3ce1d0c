// doctor/prometheus_api.h: asks a Prometheus (or what speaks its HTTP API) for samples.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "doctor/http_client.h"

namespace weft::doctor {

using SeriesLabels = std::map<std::string, std::string, std::less<>>;

struct Series {
  SeriesLabels labels;
  std::vector<std::pair<double, double>> points;  // time since 1970, value; by time, one for an instant query

  double last() const { return points.back().second; }
};

struct TimeRange {
  double from_unix = 0, to_unix = 0;
  double step_seconds = 60;
};

/// Errors of every question: HttpError, when it is not answered, refused, or the answer is none.
class PrometheusApi {
 public:
  PrometheusApi(const std::string& url, HttpOptions http);

  /// The server's clock.
  double now() const;
  /// Series without a point, or whose value is no number, are left out.
  std::vector<Series> query(const std::string& expression, double at_unix) const;
  std::vector<Series> query_range(const std::string& expression, const TimeRange& range) const;

  /// Where a target is scraped: (job, instance) to "http://10.0.0.1:8080/metrics". Empty where nobody says.
  std::map<std::pair<std::string, std::string>, std::string> scrape_urls() const;

  std::string text() const { return base_.text(); }

 private:
  std::string ask(const std::string& path_and_query) const;

  HttpUrl base_;
  HttpOptions http_;
};

}  // namespace weft::doctor
