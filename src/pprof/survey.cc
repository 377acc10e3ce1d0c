#include "pprof/survey.h"

#include <string>

#include "pprof/proto_fields.h"
#include "pprof/wire.h"

namespace weft::pprof {
namespace {

std::size_t count_stack_entries(std::string_view sample) {
  std::size_t count = 0;
  for (Fields fields(sample); fields.next();) {
    if (fields.number() == sample_field::kLocationId) {
      count += fields.count_values();
    } else {
      fields.skip();
    }
  }
  return count;
}

std::size_t count_lines(std::string_view location) {
  std::size_t count = 0;
  for (Fields fields(location); fields.next();) {
    if (fields.number() == location_field::kLine) ++count;
    fields.skip();
  }
  return count;
}

void add_string(Survey& survey, std::string_view text, Guard& guard) {
  guard.charge(1, 2 * sizeof(text));  // the array grows by doubling
  survey.strings.push_back(text);
}

void add_comments(Survey& survey, Fields& fields, Guard& guard) {
  fields.each_value([&](std::uint64_t index) {
    guard.charge(1, 2 * sizeof(index) + 2 * sizeof(std::string));
    survey.comments.push_back(index);
  });
}

void add_sample(Survey& survey, std::string_view bytes, Guard& guard) {
  guard.enter("sample", ++survey.samples);
  survey.stack_entries += count_stack_entries(bytes);
}

void add_location(Survey& survey, std::string_view bytes, Guard& guard) {
  guard.enter("location", ++survey.locations);
  survey.lines += count_lines(bytes);
}

// False: the format has no such field.
bool add_field(Survey& survey, Fields& fields, Guard& guard) {
  switch (fields.number()) {
    case profile_field::kSampleType:
      ++survey.types;
      fields.bytes();
      break;
    case profile_field::kSample:
      add_sample(survey, fields.bytes(), guard);
      break;
    case profile_field::kMapping:
      ++survey.mappings;
      fields.bytes();
      break;
    case profile_field::kLocation:
      add_location(survey, fields.bytes(), guard);
      break;
    case profile_field::kFunction:
      ++survey.functions;
      fields.bytes();
      break;
    case profile_field::kString:
      add_string(survey, fields.bytes(), guard);
      break;
    case profile_field::kTimeNanos:
      survey.time_nanos = fields.value();
      break;
    case profile_field::kDurationNanos:
      survey.duration_nanos = fields.value();
      break;
    case profile_field::kPeriodType:
      survey.period_type = fields.bytes();
      break;
    case profile_field::kPeriod:
      survey.period = fields.value();
      break;
    case profile_field::kComment:
      add_comments(survey, fields, guard);
      break;
    case profile_field::kDefaultSampleType:
      survey.default_sample_type = fields.unsigned_value();
      break;
    default:
      fields.skip();
      return false;
  }
  return true;
}

}  // namespace

Survey survey(std::string_view bytes, Guard& guard) {
  Survey found;
  for (Fields fields(bytes); fields.next();) {
    if (add_field(found, fields, guard)) guard.recognize();
    guard.leave();
  }
  if (!guard.recognized()) guard.fail("it has none of the fields of one");
  if (found.strings.empty()) guard.fail("no string table");
  if (!found.strings[0].empty()) guard.fail("the first string of its table is not empty");
  if (found.types == 0 && found.samples != 0) guard.fail("samples, and no sample type");
  return found;
}

}  // namespace weft::pprof
