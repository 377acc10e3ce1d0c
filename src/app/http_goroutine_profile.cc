#include "app/http_goroutine_profile.h"

#include <time.h>
#include <map>
#include <protozero/pbf_writer.hpp>
#include <vector>

#include "os/symbolize.h"
#include "pprof/proto_fields.h"
#include "sched/dump.h"

namespace weft::http {
namespace {

using Stack = std::vector<std::uintptr_t>;
using protozero::pbf_writer;
namespace field = pprof::profile_field;

class ProfileWriter {
 public:
  ProfileWriter() {
    index_of("");
    write_value_type(field::kSampleType);
    write_value_type(field::kPeriodType);
    profile_.add_int64(field::kPeriod, 1);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    profile_.add_int64(field::kTimeNanos, now.tv_sec * 1'000'000'000 + now.tv_nsec);
  }

  void add(const Stack& stack, std::int64_t count) {
    std::vector<std::uint64_t> ids;
    for (const std::uintptr_t address : stack) {
      const Location location = locate(address);
      if (location.outermost) break;
      if (!location.machinery) ids.push_back(location.id);
    }
    samples_[ids] += count;
  }

  std::string finish() {
    for (const auto& [ids, count] : samples_) {
      pbf_writer sample(profile_, field::kSample);
      sample.add_packed_uint64(pprof::sample_field::kLocationId, ids.begin(), ids.end());
      sample.add_packed_int64(pprof::sample_field::kValue, &count, &count + 1);
    }
    std::vector<const std::string*> in_order(strings_.size());
    for (const auto& [text, index] : strings_) in_order[static_cast<std::size_t>(index)] = &text;
    for (const std::string* text : in_order) profile_.add_string(field::kString, *text);
    return std::move(bytes_);
  }

 private:
  struct Location {
    std::uint64_t id;
    bool machinery, outermost;
  };

  std::int64_t index_of(const std::string& text) {
    return strings_.try_emplace(text, static_cast<std::int64_t>(strings_.size())).first->second;
  }

  void write_value_type(std::uint32_t tag) {
    const std::int64_t type = index_of("goroutine"), unit = index_of("count");
    pbf_writer value_type(profile_, tag);
    value_type.add_int64(pprof::value_type_field::kType, type);
    value_type.add_int64(pprof::value_type_field::kUnit, unit);
  }

  Location locate(std::uintptr_t address) {
    const auto known = locations_.find(address);
    if (known != locations_.end()) return known->second;
    const os::SourceLocation source = os::symbolize(address, true);
    const Location location{locations_.size() + 1, sched::is_machinery(source.function),
                            sched::is_outermost(source.function)};
    locations_.emplace(address, location);
    const std::uint64_t function = source.function.empty() ? 0 : function_id(source);
    pbf_writer out(profile_, field::kLocation);
    out.add_uint64(pprof::location_field::kId, location.id);
    out.add_uint64(pprof::location_field::kAddress, address);
    if (function != 0) {
      pbf_writer line(out, pprof::location_field::kLine);
      line.add_uint64(pprof::line_field::kFunctionId, function);
      line.add_int64(pprof::line_field::kLine, source.line);
    }
    return location;
  }

  std::uint64_t function_id(const os::SourceLocation& source) {
    const auto [known, is_new] = functions_.try_emplace(source.function + '\0' + source.file, functions_.size() + 1);
    if (!is_new) return known->second;
    const std::int64_t name = index_of(source.function), file = index_of(source.file);
    pbf_writer out(profile_, field::kFunction);
    out.add_uint64(pprof::function_field::kId, known->second);
    out.add_int64(pprof::function_field::kName, name);
    out.add_int64(pprof::function_field::kSystemName, name);
    out.add_int64(pprof::function_field::kFile, file);
    return known->second;
  }

  std::string bytes_;
  pbf_writer profile_{bytes_};
  std::map<std::vector<std::uint64_t>, std::int64_t> samples_;  // by what is shown of a stack
  std::map<std::string, std::int64_t> strings_;
  std::map<std::uintptr_t, Location> locations_;
  std::map<std::string, std::uint64_t> functions_;
};

}  // namespace

std::string goroutine_profile() {
  std::map<Stack, std::int64_t> counts;
  sched::visit_stacks([&](const sched::DumpHeader&, std::span<const std::uintptr_t> return_addresses) {
    ++counts[Stack(return_addresses.begin(), return_addresses.end())];
  });
  ProfileWriter writer;
  for (const auto& [stack, count] : counts) writer.add(stack, count);
  return writer.finish();
}

}  // namespace weft::http
