// doctor/prometheus_text.h: the text formats of metrics pages: Prometheus 0.0.4 and OpenMetrics 1.0.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::doctor {

struct PrometheusSample {
  std::string name;  // with its suffix: "x_bucket", "x_sum"
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
  std::optional<double> unix_seconds;

  /// The label's value; nullptr: the sample has none of that name.
  const std::string* label(std::string_view key) const noexcept;
};

/// What one `# TYPE` announces. A sample that nothing announces is a family of its own, without a type.
struct PrometheusFamily {
  std::string name;
  std::string type;  // "counter", "gauge", "histogram", "summary", ...; empty: not said
  std::string help;
  std::vector<PrometheusSample> samples;
};

struct PrometheusText {
  std::vector<PrometheusFamily> families;
  std::size_t samples = 0;
  std::size_t bad_lines = 0;
  std::string first_bad_line;  // "line 12: no value"
  bool cut_off = false;        // more samples than are kept

  const PrometheusFamily* find(std::string_view family) const noexcept;
};

/// Reads a page; a line that can't be read is counted and left out.
/// Cost: linear in the page; memory for a million samples at most.
PrometheusText read_prometheus(std::string_view page);

}  // namespace weft::doctor
