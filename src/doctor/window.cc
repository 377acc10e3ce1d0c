#include <algorithm>

#include "doctor/case.h"

namespace weft::doctor {

Window::Window(const Metrics& first, const Metrics& last) : first_(&first), last_(&last) {
  if (first.unix_seconds && last.unix_seconds) seconds_ = std::max(0.0, *last.unix_seconds - *first.unix_seconds);
}

std::optional<double> Window::first(std::string_view metric) const {
  return first_ == nullptr ? std::nullopt : first_->get(metric);
}

std::optional<double> Window::last(std::string_view metric) const {
  return last_ == nullptr ? std::nullopt : last_->get(metric);
}

// A counter that fell was reset: the process is another one.
std::optional<double> Window::delta(std::string_view metric) const {
  const auto before = first(metric), after = last(metric);
  if (!before || !after || seconds_ <= 0 || *after < *before) return std::nullopt;
  return *after - *before;
}

std::optional<double> Window::rate(std::string_view metric) const {
  const auto rise = delta(metric);
  return rise ? std::optional(*rise / seconds_) : std::nullopt;
}

namespace {

const Histogram* find_histogram(const Metrics* metrics, std::string_view name) {
  if (metrics == nullptr) return nullptr;
  const auto found = metrics->histograms.find(name);
  return found == metrics->histograms.end() ? nullptr : &found->second;
}

// Sparse histograms have the buckets that hold something, so two looks may have different ones.
double count_from(const Histogram& histogram, double bound) {
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    if (histogram.bounds[i] == bound) return histogram.counts[i];
  }
  return 0;
}

}  // namespace

std::optional<Histogram> Window::histogram(std::string_view metric) const {
  const Histogram* after = find_histogram(last_, metric);
  if (after == nullptr) return std::nullopt;
  Histogram difference = *after;
  const Histogram* before = first_ == last_ ? nullptr : find_histogram(first_, metric);
  if (before == nullptr) return difference;
  for (std::size_t i = 0; i < difference.counts.size(); ++i) {
    difference.counts[i] = std::max(0.0, difference.counts[i] - count_from(*before, difference.bounds[i]));
  }
  return difference;
}

std::optional<double> quantile_floor(const Histogram& histogram, double share) {
  double total = 0;
  for (double count : histogram.counts) total += count;
  if (total <= 0) return std::nullopt;
  double below = 0;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    below += histogram.counts[i];
    if (below >= share * total) return histogram.bounds[i];
  }
  return histogram.bounds[histogram.counts.size() - 1];
}

}  // namespace weft::doctor
