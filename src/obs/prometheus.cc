// The text exposition format of Prometheus, version 0.0.4.
#include <cmath>
#include <ostream>
#include <string>

#include "weft/metrics.h"

namespace weft::metrics {
namespace {

std::string prometheus_name(const Sample& sample) {
  std::string name = "weft";
  std::string_view rest = sample.name;
  constexpr std::string_view kOwn = "/weft";
  if (rest.starts_with(kOwn)) rest.remove_prefix(kOwn.size());
  for (const char c : rest) name += c == '/' || c == ':' || c == '-' ? '_' : c;
  if (sample.kind == Kind::kCounter) name += "_total";
  return name;
}

const char* type_text(Kind kind) noexcept {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  return "untyped";
}

// Buckets are cumulative there, and a bound counts as within. Empty ones are left out: they add nothing to a cumulative
// count. The sum is not kept; each observation counts with its bucket's lower bound, so it is up to 12 % low.
void write_histogram(std::ostream& out, const std::string& name, const HistogramValue& h) {
  std::uint64_t seen = 0;
  double sum = 0;
  for (std::size_t i = 0; i < h.counts.size(); ++i) {
    if (h.counts[i] == 0) continue;
    seen += h.counts[i];
    sum += static_cast<double>(h.counts[i]) * h.bounds[i];
    if (std::isfinite(h.bounds[i + 1])) out << name << "_bucket{le=\"" << h.bounds[i + 1] << "\"} " << seen << '\n';
  }
  out << name << "_bucket{le=\"+Inf\"} " << seen << '\n'
      << name << "_sum " << sum << '\n'
      << name << "_count " << seen << '\n';
}

}  // namespace

void write_prometheus(std::ostream& out) {
  for (const Sample& sample : read()) {
    const std::string name = prometheus_name(sample);
    out << "# HELP " << name << ' ' << sample.help << "\n# TYPE " << name << ' ' << type_text(sample.kind) << '\n';
    if (sample.kind == Kind::kHistogram) {
      write_histogram(out, name, sample.histogram);
    } else {
      out << name << ' ' << sample.value << '\n';
    }
  }
}

}  // namespace weft::metrics
