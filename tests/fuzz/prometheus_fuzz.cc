// Metrics pages and captures as JSON, and what is made of them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "doctor/bundle.h"
#include "doctor/metric_names.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const weft::doctor::PageMetrics page = weft::doctor::runtime_metrics_of(weft::doctor::read_prometheus(text));
  for (const auto& [name, histogram] : page.metrics.histograms) {
    if (histogram.bounds.size() != histogram.counts.size() + 1) std::abort();
    for (std::size_t i = 0; i + 1 < histogram.bounds.size(); ++i) {
      if (!(histogram.bounds[i] < histogram.bounds[i + 1])) std::abort();
    }
  }
  weft::doctor::Evidence evidence;
  const weft::doctor::ContentKind kind = weft::doctor::add_content(evidence, "fuzz", text);
  if (kind == weft::doctor::ContentKind::kUnknown && evidence.unread.empty()) std::abort();
  weft::doctor::settle(evidence);
  return 0;
}
