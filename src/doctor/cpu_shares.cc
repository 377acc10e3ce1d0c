#include "doctor/cpu_shares.h"

#include <algorithm>
#include <cmath>

namespace weft::doctor {
namespace {

using enum FrameClass;

// More functions than this inlined into one another at one address is no compiler's doing: those nearest the leaf
// count.
constexpr std::size_t kMostLines = 64;

constexpr std::int64_t kMostSamples = std::numeric_limits<std::int64_t>::max();

// Profiles may claim any count.
std::int64_t add_saturated(std::int64_t a, std::int64_t b) noexcept {
  return a > kMostSamples - b ? kMostSamples : a + b;
}

std::optional<double> nanoseconds_of(std::string_view unit) noexcept {
  if (unit == "nanoseconds") return 1;
  if (unit == "microseconds") return 1e3;
  if (unit == "milliseconds") return 1e6;
  return unit == "seconds" ? std::optional(1e9) : std::nullopt;
}

int column_of_unit(const pprof::Profile& profile, std::string_view unit) noexcept {
  const auto& types = profile.sample_types;
  const auto found = std::find_if(types.begin(), types.end(), [&](const auto& type) { return type.unit == unit; });
  return found == types.end() ? -1 : static_cast<int>(found - types.begin());
}

double column_sum(const pprof::Profile& profile, int column) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    sum += static_cast<double>(std::max<std::int64_t>(0, profile.value(i, static_cast<std::size_t>(column))));
  }
  return sum;
}

// The column of CPU time, or else what the samples stand for by the period.
std::optional<double> read_cpu_seconds(const pprof::Profile& profile, std::int64_t samples) noexcept {
  if (const int column = profile.column("cpu"); column >= 0) {
    const auto unit = nanoseconds_of(profile.sample_types[static_cast<std::size_t>(column)].unit);
    if (unit) return column_sum(profile, column) * *unit / 1e9;
  }
  const auto unit = nanoseconds_of(profile.period_type.unit);
  if (profile.period_type.type != "cpu" || !unit || profile.period <= 0) return std::nullopt;
  return static_cast<double>(samples) * static_cast<double>(profile.period) * *unit / 1e9;
}

FrameClass narrowed(FrameClass frames) noexcept {
  if (share_class(frames, kShrink)) frames = frames & ~(kGrow | kPreempt);
  if (share_class(frames, kGrow)) frames = frames & ~kPreempt;
  if (!share_class(frames, kCgo)) frames = frames & ~kCross;
  return frames;
}

}  // namespace

double wilson_lower(std::int64_t hits, std::int64_t total) noexcept {
  if (total <= 0 || hits <= 0) return 0;
  constexpr double kZ = 1.959964;  // 95 %, two-sided
  const double n = static_cast<double>(total);
  const double p = std::min(1.0, static_cast<double>(hits) / n);
  const double middle = p + kZ * kZ / (2 * n);
  const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  return std::max(0.0, (middle - half) / (1 + kZ * kZ / n));
}

CpuShares::CpuShares(const pprof::Profile& profile)
    : profile_(profile), count_column_(column_of_unit(profile, "count")) {
  name_functions();
  count_samples();
  cpu_seconds_ = read_cpu_seconds(profile, total_);
}

std::optional<double> CpuShares::cores() const noexcept {
  if (!cpu_seconds_ || profile_.duration_nanos <= 0) return std::nullopt;
  return *cpu_seconds_ / (static_cast<double>(profile_.duration_nanos) / 1e9);
}

void CpuShares::name_functions() {
  std::vector<std::uint32_t> name_of_function;
  name_of_function.reserve(profile_.functions.size());
  for (const pprof::Function& function : profile_.functions) {
    const std::string_view name = function.name.empty() ? function.system_name : function.name;
    const auto [found, is_new] = name_index_.emplace(name, static_cast<std::uint32_t>(functions_.size()));
    if (is_new) {
      functions_.push_back({name});
      classes_of_name_.push_back(classify(name));
    }
    name_of_function.push_back(found->second);
  }
  name_locations(name_of_function);
}

void CpuShares::name_locations(const std::vector<std::uint32_t>& name_of_function) {
  places_.reserve(profile_.locations.size());
  names_.reserve(profile_.lines.size());
  for (const pprof::Location& location : profile_.locations) {
    const std::span<const pprof::Line> lines = profile_.lines_of(location);
    Place place{static_cast<std::uint32_t>(names_.size()),
                static_cast<std::uint32_t>(std::min(lines.size(), kMostLines))};
    for (const pprof::Line& line : lines) {
      const std::uint32_t name = name_of_function[line.function];
      place.classes = place.classes | classes_of_name_[name];
      if (names_.size() - place.first_name < kMostLines) names_.push_back(name);
    }
    places_.push_back(place);
  }
}

// From the leaf to the root, by name; until `visit` returns false.
template <class Visit>
void CpuShares::each_frame(const pprof::Sample& sample, Visit&& visit) const {
  for (const std::uint32_t location : profile_.stack(sample)) {
    const Place& place = places_[location];
    for (std::uint32_t i = 0; i < place.name_count; ++i) {
      if (!visit(names_[place.first_name + i])) return;
    }
  }
}

FrameClass CpuShares::classes_of(const pprof::Sample& sample) const noexcept {
  FrameClass classes = kNone;
  for (const std::uint32_t location : profile_.stack(sample)) classes = classes | places_[location].classes;
  return narrowed(classes);
}

// A row without a count is one sample; differences of profiles have negative ones, which are none.
std::int64_t CpuShares::count_of(std::size_t sample) const noexcept {
  if (count_column_ < 0) return 1;
  return std::max<std::int64_t>(0, profile_.value(sample, static_cast<std::size_t>(count_column_)));
}

void CpuShares::count_samples() {
  std::vector<std::uint32_t> last_seen(functions_.size(), std::numeric_limits<std::uint32_t>::max());
  for (std::size_t i = 0; i < profile_.samples.size(); ++i) count_sample(i, last_seen);
}

void CpuShares::count_sample(std::size_t sample, std::vector<std::uint32_t>& last_seen) {
  const std::int64_t count = count_of(sample);
  if (count == 0) return;
  const pprof::Sample& row = profile_.samples[sample];
  total_ = add_saturated(total_, count);
  FrameClass classes = kNone;
  bool named = false;
  for (const std::uint32_t location : profile_.stack(row)) {
    const Place& place = places_[location];
    classes = classes | place.classes;
    for (std::uint32_t i = 0; i < place.name_count; ++i) {
      const std::uint32_t name = names_[place.first_name + i];
      named = named || !functions_[name].name.empty();
      if (last_seen[name] == sample) continue;
      last_seen[name] = static_cast<std::uint32_t>(sample);
      functions_[name].cumulative = add_saturated(functions_[name].cumulative, count);
    }
  }
  std::int64_t& of_set = sets_[static_cast<std::uint32_t>(narrowed(classes))];
  of_set = add_saturated(of_set, count);
  if (named) named_ = add_saturated(named_, count);
  count_leaf(row, count);
}

void CpuShares::count_leaf(const pprof::Sample& sample, std::int64_t count) {
  bool landed = false;
  each_frame(sample, [&](std::uint32_t name) {
    const FrameClass classes = classes_of_name_[name];
    if (share_class(classes, kLanding)) return landed = true;
    functions_[name].self = add_saturated(functions_[name].self, count);
    if (share_class(classes, kRuntime)) return false;
    user_code_ = add_saturated(user_code_, count);
    if (landed) user_code_at_landing_ = add_saturated(user_code_at_landing_, count);
    return false;
  });
}

Share CpuShares::any(FrameClass classes) const noexcept { return any_without(classes, kNone); }

Share CpuShares::any_without(FrameClass classes, FrameClass excluded) const noexcept {
  Share share{0, total_};
  for (const auto& [set, count] : sets_) {
    const FrameClass frames = static_cast<FrameClass>(set);
    if (share_class(frames, classes) && !share_class(frames, excluded)) share.hits = add_saturated(share.hits, count);
  }
  return share;
}

Share CpuShares::all(FrameClass classes) const noexcept {
  Share share{0, total_};
  for (const auto& [set, count] : sets_) {
    if ((static_cast<FrameClass>(set) & classes) == classes) share.hits = add_saturated(share.hits, count);
  }
  return share;
}

std::vector<UserFrame> CpuShares::user_frames_above(FrameClass classes, std::size_t most) const {
  std::vector<bool> passed_over;
  for (const FrameClass frame : classes_of_name_) passed_over.push_back(share_class(frame, kRuntime | kLibrary));
  return frames_above(classes, most, passed_over);
}

std::vector<UserFrame> CpuShares::callers_above(FrameClass classes, std::size_t most) const {
  std::vector<bool> passed_over;
  for (std::size_t name = 0; name < functions_.size(); ++name) {
    passed_over.push_back(share_class(classes_of_name_[name], kRuntime | kLibrary) ||
                          is_go_library(functions_[name].name));
  }
  return frames_above(classes, most, passed_over);
}

std::vector<UserFrame> CpuShares::frames_above(FrameClass classes, std::size_t most,
                                               const std::vector<bool>& passed_over) const {
  std::unordered_map<std::uint32_t, std::int64_t> counts;
  for (std::size_t i = 0; i < profile_.samples.size(); ++i) {
    const pprof::Sample& sample = profile_.samples[i];
    if (!share_class(classes_of(sample), classes)) continue;
    bool below = true;
    each_frame(sample, [&](std::uint32_t name) {
      const FrameClass frame = classes_of_name_[name];
      below = below && !share_class(frame, classes);
      if (below || share_class(frame, classes) || passed_over[name]) return true;
      std::int64_t& count = counts[name];
      count = add_saturated(count, count_of(i));
      return false;
    });
  }
  std::vector<UserFrame> frames;
  for (const auto& [name, count] : counts) frames.push_back({functions_[name].name, count});
  std::sort(frames.begin(), frames.end(), [](const UserFrame& a, const UserFrame& b) {
    return a.samples != b.samples ? a.samples > b.samples : a.name < b.name;
  });
  frames.resize(std::min(frames.size(), most));
  return frames;
}

Share CpuShares::repeating_user_function(FrameClass classes, int times) const {
  Share share;
  std::vector<int> seen(functions_.size(), 0);
  for (std::size_t i = 0; i < profile_.samples.size(); ++i) {
    const pprof::Sample& sample = profile_.samples[i];
    if (!share_class(classes_of(sample), classes)) continue;
    int most = 0;
    each_frame(sample, [&](std::uint32_t name) {
      if (!share_class(classes_of_name_[name], kRuntime | kLibrary)) most = std::max(most, ++seen[name]);
      return true;
    });
    each_frame(sample, [&](std::uint32_t name) {
      seen[name] = 0;
      return true;
    });
    share.total = add_saturated(share.total, count_of(i));
    if (most >= times) share.hits = add_saturated(share.hits, count_of(i));
  }
  return share;
}

Share CpuShares::any_with_function(FrameClass classes, std::string_view function) const {
  Share share{0, total_};
  const auto found = name_index_.find(function);
  if (found == name_index_.end()) return share;
  for (std::size_t i = 0; i < profile_.samples.size(); ++i) {
    const pprof::Sample& sample = profile_.samples[i];
    if (!share_class(classes_of(sample), classes)) continue;
    bool has = false;
    each_frame(sample, [&](std::uint32_t name) {
      has = name == found->second;
      return !has;
    });
    if (has) share.hits = add_saturated(share.hits, count_of(i));
  }
  return share;
}

FunctionUse CpuShares::function(std::string_view name) const {
  const auto found = name_index_.find(name);
  return found == name_index_.end() ? FunctionUse{name} : functions_[found->second];
}

}  // namespace weft::doctor
