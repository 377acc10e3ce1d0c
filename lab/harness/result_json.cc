#include "lab/harness/result_json.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "lab/harness/json_writer.h"

namespace lab {
namespace {

std::string_view better_text(Better better) {
  switch (better) {
    case Better::less:
      return "less";
    case Better::more:
      return "more";
    case Better::neither:
      return "neither";
    case Better::same:
      return "same";
    case Better::text:
      return "text";
  }
  return "";
}

void write_bar(JsonWriter& json, std::string_view key, Bar bar) {
  if (bar == Bar::not_judged) return json.null(key);
  json.boolean(key, bar == Bar::reached);
}

void write_verdict(JsonWriter& json, std::string_view key, const Verdict& verdict) {
  if (!verdict.judged) return json.null(key);
  json.begin_object(key);
  json.boolean("holds", verdict.holds);
  if (verdict.factor > 0) {
    json.number("factor", verdict.factor);
  } else {
    json.null("factor");
  }
  json.boolean("clear", verdict.clear);
  json.end_object();
}

void write_series(JsonWriter& json, std::string_view key, const Series& series) {
  json.begin_object(key);
  json.number("median", series.median());
  json.number("least", series.least());
  json.number("most", series.most());
  json.begin_array("values");
  for (double value : series.values) json.number({}, value);
  json.end_array();
  json.end_object();
}

void write_measure(JsonWriter& json, const MeasureResult& measure) {
  json.begin_object();
  json.text("phase", measure.phase);
  json.text("key", measure.measure.key);
  json.text("label", measure.measure.label);
  json.text("unit", measure.measure.unit);
  json.text("better", better_text(measure.measure.better));
  json.boolean("decides", measure.measure.decides);
  for (Program program : kPrograms) {
    const std::string& text = measure.texts[index_of(program)];
    if (!text.empty()) json.text(key_of(program), text);
    if (!measure.of(program).empty()) write_series(json, key_of(program), measure.of(program));
  }
  write_verdict(json, "designed_out", measure.designed_out());
  write_verdict(json, "ahead", measure.ahead());
  json.end_object();
}

void write_phase(JsonWriter& json, const Phase& phase) {
  json.begin_object();
  json.text("name", phase.name);
  json.begin_object("arguments");
  for (const Argument& argument : phase.arguments) json.text(argument.name, argument.value);
  json.end_object();
  json.end_object();
}

void write_scenario(JsonWriter& json, const ScenarioResult& result) {
  json.begin_object();
  json.number("number", result.scenario.number);
  json.text("folder", result.scenario.folder);
  json.text("title", result.scenario.title);
  json.boolean("with_go", result.with_go);
  json.number("seconds", result.seconds);
  write_bar(json, "designed_out", result.designed_out());
  write_bar(json, "ahead", result.ahead());
  json.text("cannot_run", result.cannot_run);
  json.begin_array("failures");
  for (const std::string& failure : result.failures) json.text({}, failure);
  json.end_array();
  json.begin_array("phases");
  for (const Phase& phase : result.scenario.phases) write_phase(json, phase);
  json.end_array();
  json.begin_array("measures");
  for (const MeasureResult& measure : result.measures) write_measure(json, measure);
  json.end_array();
  json.end_object();
}

void write_machine(JsonWriter& json, const LabResult& result) {
  const MachineFacts& machine = result.machine;
  json.begin_object("machine");
  json.number("cores", machine.cores);
  json.number("affinity", machine.affinity);
  if (machine.quota > 0) {
    json.number("quota", machine.quota);
  } else {
    json.null("quota");
  }
  json.number("processors", machine.processors);
  json.number("load_average_before", machine.load_average);
  json.number("load_average_after", result.load_at_end);
  json.number("clock_ns", machine.clock_ns);
  for (const auto& [name, value] : machine.texts) json.text(name, value);
  json.end_object();
}

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

std::string result_json(const LabResult& result) {
  JsonWriter json;
  json.begin_object();
  json.text("schema", "weft-lab/1");
  json.text("started", result.started);
  json.number("seconds", result.seconds);
  json.number("repetitions", result.repetitions);
  json.boolean("quick", result.quick);
  json.text("go", result.go_version);
  json.text("go_missing", result.go_missing);
  write_machine(json, result);
  json.begin_array("scenarios");
  for (const ScenarioResult& scenario : result.scenarios) write_scenario(json, scenario);
  json.end_array();
  json.end_object();
  return json.result();
}

void write_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".part";
  std::FILE* file = std::fopen(beside.c_str(), "we");
  if (file == nullptr) fail(beside);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed || std::rename(beside.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    errno = error;
    fail(path);
  }
}

void require_writable(const std::string& path) {
  const std::string beside = path + ".part";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) fail(beside);
  ::close(fd);
  ::unlink(beside.c_str());
}

}  // namespace lab
