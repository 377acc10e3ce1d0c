// Reads a profile in four walks over the same bytes, since a writer may put its parts in any order:
//
//   survey     checks the outermost fields, counts everything, notes the strings; then all arrays get their size at
//   once functions and mappings, whose names are strings
//   locations, which name functions and mappings
//   samples,   which name locations
//
// A field that repeats takes its last value, as protobuf says.
#include "pprof/reader.h"

#include <array>
#include <functional>
#include <utility>

#include "pprof/guard.h"
#include "pprof/id_map.h"
#include "pprof/numbers.h"
#include "pprof/other_format.h"
#include "pprof/proto_fields.h"
#include "pprof/survey.h"
#include "pprof/wire.h"

namespace weft::pprof {
namespace {

// Samples often have the same labels as one shortly before. Remembers where those of recent samples stand, by their
// bytes.
class RecentLabels {
 public:
  struct Entry {
    std::string_view bytes;
    std::uint32_t first = 0, count = 0;
  };
  /// The entry of these bytes, or one to overwrite.
  Entry& slot(std::string_view bytes) { return slots_[std::hash<std::string_view>()(bytes) % slots_.size()]; }

 private:
  std::array<Entry, 1024> slots_;
};

class Reader {
 public:
  Reader(std::string_view bytes, const ReadLimits& limits) : bytes_(bytes), guard_(limits.profile_bytes) {}

  Profile read() {
    try {
      survey_ = survey(bytes_, guard_);
      reserve();
      read_header();
      scan(profile_field::kMapping, "mapping", [&](std::string_view bytes) { read_mapping(bytes); });
      settle(mapping_ids_, "mapping");
      scan(profile_field::kFunction, "function", [&](std::string_view bytes) { read_function(bytes); });
      settle(function_ids_, "function");
      scan(profile_field::kLocation, "location", [&](std::string_view bytes) { read_location(bytes); });
      settle(location_ids_, "location");
      scan(profile_field::kSample, "sample", [&](std::string_view bytes) { read_sample(bytes); });
    } catch (const protozero::end_of_buffer_exception&) {
      guard_.fail(guard_.inside() ? "cut short" : "truncated after " + grouped(bytes_.size()) + " bytes");
    } catch (const protozero::exception& e) {
      guard_.fail(guard_.recognized() ? e.what() : "no protocol buffer at all");
    }
    return std::move(profile_);
  }

 private:
  static constexpr std::size_t kMostLabels = 10'000;  // of one sample

  template <class Visit>
  void scan(std::uint32_t number, std::string_view part, Visit&& visit) {
    std::size_t count = 0;
    for (Fields fields(bytes_); fields.next();) {
      if (fields.number() != number) {
        fields.skip();
        continue;
      }
      guard_.enter(part, ++count);
      visit(fields.bytes());
    }
    guard_.leave();
  }

  void reserve() {
    guard_.charge(survey_.types, sizeof(ValueType));
    guard_.charge(survey_.samples, sizeof(Sample));
    guard_.charge(survey_.samples * survey_.types, sizeof(std::int64_t));
    guard_.charge(survey_.stack_entries, sizeof(std::uint32_t));
    guard_.charge(survey_.mappings, sizeof(Mapping) + IdMap::kMostBytesEach);
    guard_.charge(survey_.locations, sizeof(Location) + IdMap::kMostBytesEach);
    guard_.charge(survey_.lines, sizeof(Line));
    guard_.charge(survey_.functions, sizeof(Function) + IdMap::kMostBytesEach);
    profile_.samples.reserve(survey_.samples);
    profile_.values.reserve(survey_.samples * survey_.types);
    profile_.stacks.reserve(survey_.stack_entries);
    profile_.mappings.reserve(survey_.mappings);
    profile_.locations.reserve(survey_.locations);
    profile_.lines.reserve(survey_.lines);
    profile_.functions.reserve(survey_.functions);
    mapping_ids_.reserve(survey_.mappings);
    location_ids_.reserve(survey_.locations);
    function_ids_.reserve(survey_.functions);
  }

  std::string text(std::uint64_t index, std::string_view what) {
    if (index >= survey_.strings.size()) {
      guard_.fail("its " + std::string(what) + " is string " + as_signed(index) + " of " +
                  grouped(survey_.strings.size()));
    }
    const std::string_view found = survey_.strings[index];
    guard_.charge(1, found.size());
    return std::string(found);
  }

  // As the format means it: a negative index shows as one.
  static std::string as_signed(std::uint64_t index) { return std::to_string(static_cast<std::int64_t>(index)); }

  void read_header() {
    profile_.time_nanos = survey_.time_nanos;
    profile_.duration_nanos = survey_.duration_nanos;
    profile_.period = survey_.period;
    scan(profile_field::kSampleType, "sample type",
         [&](std::string_view bytes) { profile_.sample_types.push_back(read_value_type(bytes)); });
    guard_.enter("period type of profile", 1);
    profile_.period_type = read_value_type(survey_.period_type);
    guard_.enter("default sample type of profile", 1);
    profile_.default_sample_type = text(survey_.default_sample_type, "name");
    for (std::size_t i = 0; i < survey_.comments.size(); ++i) {
      guard_.enter("comment", i + 1);
      profile_.comments.push_back(text(survey_.comments[i], "text"));
    }
    guard_.leave();
  }

  ValueType read_value_type(std::string_view bytes) {
    std::uint64_t type = 0, unit = 0;
    read_numbers(bytes, {{value_type_field::kType, &type}, {value_type_field::kUnit, &unit}});
    return {text(type, "type"), text(unit, "unit")};
  }

  void add_id(IdMap& map, std::uint64_t id) {
    if (id == 0) guard_.fail("it has no id (0)");
    map.add(id);
  }

  void settle(IdMap& map, std::string_view what) {
    if (const std::uint64_t twice = map.settle(); twice != 0) {
      guard_.fail("two " + std::string(what) + "s have the id " + std::to_string(twice));
    }
  }

  void read_mapping(std::string_view bytes) {
    using namespace mapping_field;
    Mapping mapping;
    std::uint64_t id = 0, file = 0, build_id = 0;
    read_numbers(bytes, {{kId, &id},
                         {kStart, &mapping.start},
                         {kLimit, &mapping.limit},
                         {kOffset, &mapping.offset},
                         {kFile, &file},
                         {kBuildId, &build_id}});
    add_id(mapping_ids_, id);
    mapping.file = text(file, "file");
    mapping.build_id = text(build_id, "build id");
    profile_.mappings.push_back(std::move(mapping));
  }

  void read_function(std::string_view bytes) {
    using namespace function_field;
    std::uint64_t id = 0, name = 0, system_name = 0, file = 0;
    read_numbers(bytes, {{kId, &id}, {kName, &name}, {kSystemName, &system_name}, {kFile, &file}});
    add_id(function_ids_, id);
    profile_.functions.push_back({text(name, "name"), text(system_name, "system name"), text(file, "file")});
  }

  void read_location(std::string_view bytes) {
    using namespace location_field;
    Location location;
    std::uint64_t id = 0, mapping_id = 0;
    location.first_line = static_cast<std::uint32_t>(profile_.lines.size());
    read_numbers(bytes, {{kId, &id}, {kMappingId, &mapping_id}, {kAddress, &location.address}}, [&](Fields& fields) {
      if (fields.number() == kLine) {
        read_line(fields.bytes());
      } else {
        fields.skip();
      }
    });
    add_id(location_ids_, id);
    location.line_count = static_cast<std::uint32_t>(profile_.lines.size()) - location.first_line;
    if (mapping_id != 0) {
      location.mapping = static_cast<std::int32_t>(resolve(mapping_ids_, mapping_id, "mapping"));
    }
    profile_.locations.push_back(location);
  }

  // A line without a function says nothing, and is left out.
  void read_line(std::string_view bytes) {
    std::uint64_t function_id = 0, line = 0;
    read_numbers(bytes, {{line_field::kFunctionId, &function_id}, {line_field::kLine, &line}});
    if (function_id == 0) return;
    profile_.lines.push_back({resolve(function_ids_, function_id, "function"), static_cast<std::int64_t>(line)});
  }

  std::uint32_t resolve(const IdMap& map, std::uint64_t id, const char* what) const {
    const std::uint32_t index = map.find(id);
    if (index == IdMap::kNone) [[unlikely]]
      fail_unresolved(id, what);
    return index;
  }

  [[noreturn]] void fail_unresolved(std::uint64_t id, const char* what) const {
    guard_.fail(std::string("it names ") + what + " " + std::to_string(id) + ", which is not there");
  }

  void read_sample(std::string_view bytes) {
    Sample sample;
    sample.first_location = static_cast<std::uint32_t>(profile_.stacks.size());
    const std::size_t first_value = profile_.values.size();
    label_fields_.clear();
    const char* field_begin = bytes.data();
    for (Fields fields(bytes); fields.next(); field_begin = fields.position()) {
      switch (fields.number()) {
        case sample_field::kLocationId:
          fields.each_value(
              [&](std::uint64_t id) { profile_.stacks.push_back(resolve(location_ids_, id, "location")); });
          break;
        case sample_field::kValue:
          fields.each_value([&](std::uint64_t value) { add_value(first_value, value); });
          break;
        case sample_field::kLabel:
          fields.bytes();
          add_label_field({field_begin, fields.position()});
          break;
        default:
          fields.skip();
      }
    }
    const std::size_t values = profile_.values.size() - first_value;
    if (values != survey_.types) fail_value_count(values);
    sample.location_count = static_cast<std::uint32_t>(profile_.stacks.size()) - sample.first_location;
    if (!label_fields_.empty()) read_labels(sample);
    profile_.samples.push_back(sample);
  }

  void add_value(std::size_t first_value, std::uint64_t value) {
    if (profile_.values.size() - first_value == survey_.types) fail_value_count(survey_.types + 1);
    profile_.values.push_back(static_cast<std::int64_t>(value));
  }

  void add_label_field(std::string_view field) {
    if (label_fields_.size() == kMostLabels) guard_.fail("more than " + grouped(kMostLabels) + " labels");
    label_fields_.push_back(field);
  }

  [[noreturn]] void fail_value_count(std::size_t values) const {
    guard_.fail((values > survey_.types ? "at least " : "") + grouped(values) + " values for " +
                grouped(survey_.types) + " sample types");
  }

  // Labels that stand side by side are as one text that tells them from others.
  void read_labels(Sample& sample) {
    const char* const begin = label_fields_.front().data();
    const char* end = begin;
    bool side_by_side = true;
    for (const std::string_view field : label_fields_) {
      side_by_side = side_by_side && field.data() == end;
      end = field.data() + field.size();
    }
    const std::string_view all(begin, static_cast<std::size_t>(end - begin));
    RecentLabels::Entry& recent = recent_labels_.slot(all);
    if (side_by_side && recent.count != 0 && recent.bytes == all) {
      sample.first_label = recent.first;
      sample.label_count = recent.count;
      return;
    }
    sample.first_label = static_cast<std::uint32_t>(profile_.labels.size());
    sample.label_count = static_cast<std::uint32_t>(label_fields_.size());
    for (const std::string_view field : label_fields_) {
      Fields label(field);
      label.next();
      read_label(label.bytes());
    }
    if (side_by_side) recent = {all, sample.first_label, sample.label_count};
  }

  void read_label(std::string_view bytes) {
    using namespace label_field;
    std::uint64_t key = 0, text_index = 0, number = 0, unit = 0;
    read_numbers(bytes, {{kKey, &key}, {kText, &text_index}, {kNumber, &number}, {kUnit, &unit}});
    guard_.charge(1, 2 * sizeof(Label));  // the array grows by doubling
    profile_.labels.push_back({text(key, "label's key"), text(text_index, "label's text"),
                               static_cast<std::int64_t>(number), text(unit, "label's unit")});
  }

  std::string_view bytes_;
  Guard guard_;
  Survey survey_;
  IdMap mapping_ids_, location_ids_, function_ids_;
  std::vector<std::string_view> label_fields_;  // of the sample being read, with number and length
  RecentLabels recent_labels_;
  Profile profile_;
};

Profile read_unpacked(std::string_view bytes, const ReadLimits& limits) {
  if (bytes.empty()) throw BadProfile("not a pprof profile: it is empty");
  if (bytes.size() > limits.unpacked_bytes) {
    throw BadProfile("more than " + grouped(limits.unpacked_bytes) + " bytes, the limit");
  }
  if (const std::string_view other = name_other_format(bytes); !other.empty()) {
    throw BadProfile("not a pprof profile: it is " + std::string(other));
  }
  return Reader(bytes, limits).read();
}

}  // namespace

Profile read_profile(std::string_view bytes, const ReadLimits& limits) {
  if (!is_gzip(bytes)) return read_unpacked(bytes, limits);
  return read_unpacked(gunzip(bytes, limits.unpacked_bytes), limits);
}

}  // namespace weft::pprof
