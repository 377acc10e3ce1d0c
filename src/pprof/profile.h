// pprof/profile.h: a profile of the pprof format in memory: flat arrays and indices, made for reading once and
// counting.
//
//   samples[i]  ->  stack of location indices, leaf first  ->  location  ->  lines, innermost inlined first  ->
//   function
//
// Everything that names something else is an index into the array of it; the reader has checked each one. Immutable
// once read; may be read from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::pprof {

struct ValueType {
  std::string type;  // "cpu", "alloc_space", "goroutine"
  std::string unit;  // "nanoseconds", "bytes", "count"
};

struct Function {
  std::string name;         // readable
  std::string system_name;  // as the linker knows it
  std::string file;
};

struct Mapping {
  std::uint64_t start = 0, limit = 0, offset = 0;
  std::string file;
  std::string build_id;
};

struct Line {
  std::uint32_t function = 0;
  std::int64_t line = 0;
};

/// One code address. Without lines the profile was not symbolized there.
struct Location {
  std::uint64_t address = 0;
  std::int32_t mapping = -1;  // -1: none
  std::uint32_t first_line = 0, line_count = 0;
};

struct Label {
  std::string key;
  std::string text;  // empty: a number
  std::int64_t number = 0;
  std::string unit;
};

struct Sample {
  std::uint32_t first_location = 0, location_count = 0;  // into stacks
  std::uint32_t first_label = 0, label_count = 0;        // into labels
};

struct Profile {
  std::vector<ValueType> sample_types;
  std::vector<Sample> samples;
  std::vector<std::uint32_t> stacks;  // location indices of all samples
  std::vector<std::int64_t> values;   // samples.size() rows of sample_types.size()
  std::vector<Label> labels;
  std::vector<Location> locations;
  std::vector<Line> lines;
  std::vector<Function> functions;
  std::vector<Mapping> mappings;
  std::vector<std::string> comments;
  std::int64_t time_nanos = 0;      // since 1970; 0: unknown
  std::int64_t duration_nanos = 0;  // 0: a snapshot
  ValueType period_type;
  std::int64_t period = 0;
  std::string default_sample_type;

  std::span<const std::uint32_t> stack(const Sample& sample) const {
    return std::span(stacks).subspan(sample.first_location, sample.location_count);
  }
  std::span<const Line> lines_of(const Location& location) const {
    return std::span(lines).subspan(location.first_line, location.line_count);
  }
  std::span<const Label> labels_of(const Sample& sample) const {
    return std::span(labels).subspan(sample.first_label, sample.label_count);
  }
  std::int64_t value(std::size_t sample, std::size_t type) const { return values[sample * sample_types.size() + type]; }
  /// The column of that type; -1: the profile has none.
  int column(std::string_view type) const {
    for (std::size_t i = 0; i < sample_types.size(); ++i) {
      if (sample_types[i].type == type) return static_cast<int>(i);
    }
    return -1;
  }
};

/// What a profile is of, by its sample types.
enum class ProfileKind { kCpu, kHeap, kGoroutine, kGoroutineLeak, kContention, kThreadCreate, kOther };
ProfileKind kind_of(const Profile& profile);

}  // namespace weft::pprof
