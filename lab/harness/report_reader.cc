#include "lab/harness/report_reader.h"

#include <simdjson.h>

namespace lab {
namespace {

constexpr int kAborted = 134;

Reading read_overflow(const Ended& ended) {
  Reading reading;
  const bool says_so = ended.err.find("stack overflow") != std::string::npos;
  const bool names_limit = ended.err.find("stack limit") != std::string::npos;
  if (ended.exit_code != kAborted || !says_so || !names_limit) {
    reading.failure = "should have ended in a stack overflow report and exit code 134, but " + ended.describe();
  }
  reading.texts["outcome"] = "reported";
  return reading;
}

// Puts one field where it belongs. False: it is neither a number nor a text.
bool take_field(Reading& reading, const std::string& key, simdjson::dom::element value) {
  double number = 0;
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    reading.texts[key] = std::string(text);
  } else if (value.get(number) == simdjson::SUCCESS) {
    reading.numbers[key] = number;
  } else {
    return false;
  }
  return true;
}

std::string missing_measure(const Phase& phase, const Reading& reading) {
  for (const Measure& measure : phase.measures) {
    const bool text = measure.better == Better::text;
    const bool same = measure.better == Better::same;
    const bool has_number = reading.numbers.contains(measure.key);
    const bool has_text = reading.texts.contains(measure.key);
    if (same ? !(has_number || has_text) : !(text ? has_text : has_number)) return measure.key;
  }
  return "";
}

}  // namespace

Reading read_report(const Phase& phase, const Ended& ended, bool overflow) {
  if (overflow) return read_overflow(ended);
  Reading reading;
  if (!ended.ok()) {
    reading.failure = ended.describe();
    return reading;
  }
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(ended.out).get(object) != simdjson::SUCCESS) {
    reading.failure = "printed no JSON object: " + ended.out.substr(0, 200);
    return reading;
  }
  for (auto [key, value] : object) {
    if (!take_field(reading, std::string(key), value))
      reading.failure = "measure '" + std::string(key) + "' is no number or text";
  }
  const std::string missing = missing_measure(phase, reading);
  if (reading.failure.empty() && !missing.empty()) reading.failure = "did not report '" + missing + "'";
  return reading;
}

}  // namespace lab
