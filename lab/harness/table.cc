#include "lab/harness/table.h"

#include <cmath>
#include <cstdio>

namespace lab {
namespace {

constexpr int kLabelWidth = 40;
constexpr int kUnitWidth = 8;
constexpr int kValueWidth = 14;
constexpr int kBarWidth = 14;

// printf counts bytes, and the plus-minus sign has two.
std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  for (char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

std::string left(std::string text, int width) {
  while (width_of(text) < static_cast<std::size_t>(width)) text += ' ';
  return text;
}

std::string right(const std::string& text, int width) {
  const int missing = width - static_cast<int>(width_of(text));
  return std::string(static_cast<std::size_t>(std::max(missing, 0)), ' ') + text;
}

std::string value_cell(const MeasureResult& measure, Program program) {
  if (measure.measure.better == Better::text || measure.measure.better == Better::same) {
    const std::string& text = measure.texts[index_of(program)];
    return text.empty() ? "-" : text;
  }
  const Series& series = measure.of(program);
  if (series.empty()) return "-";
  char spread[16] = "";
  if (series.values.size() > 1 && series.median() != 0) {
    std::snprintf(spread, sizeof spread, " ±%.0f%%", std::min(series.spread_percent(), 999.0));
  }
  return format_number(series.median()) + spread;
}

// "yes 2.1x", "no 0.8x ~"; a measure that decides nothing shows its factor alone.
std::string bar_cell(const Verdict& verdict, bool decides) {
  if (!verdict.judged) return "";
  std::string text = decides ? (verdict.holds ? "yes" : "no") : "";
  if (verdict.factor > 0) {
    char factor[32];
    std::snprintf(factor, sizeof factor, verdict.factor < 9.95 ? " %.2fx" : " %.0fx", verdict.factor);
    text += verdict.factor < 99.5 ? factor : " >99x";
  }
  return text + (verdict.clear ? "  " : " ~");
}

std::string_view bar_text(Bar bar) {
  switch (bar) {
    case Bar::reached:
      return "yes";
    case Bar::missed:
      return "no";
    case Bar::not_judged:
      return "not judged";
  }
  return "";
}

std::string header_line(bool with_go) {
  std::string line = left("", kLabelWidth) + left("", kUnitWidth);
  for (Program program : kPrograms) {
    if (with_go || !is_go(program)) line += right(std::string(name_of(program)), kValueWidth);
  }
  if (with_go) line += right("designed out", kBarWidth) + right("ahead", kBarWidth - 2);
  return line + "\n";
}

std::string measure_line(const MeasureResult& measure, bool with_go) {
  std::string line = left("  " + measure.measure.label, kLabelWidth) + left(measure.measure.unit, kUnitWidth);
  for (Program program : kPrograms) {
    if (with_go || !is_go(program)) line += right(value_cell(measure, program), kValueWidth);
  }
  if (with_go) {
    line += right(bar_cell(measure.designed_out(), measure.measure.decides), kBarWidth);
    line += right(bar_cell(measure.ahead(), measure.measure.decides), kBarWidth);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string format_number(double value) {
  char text[48];
  const double size = std::fabs(value);
  if (size >= 999'999.5) {
    std::snprintf(text, sizeof text, size < 9.995e6 ? "%.2f M" : size < 99.95e6 ? "%.1f M" : "%.0f M", value / 1e6);
    return text;
  }
  if (size > 0 && size < 0.001) return value < 0 ? ">-0.001" : "<0.001";
  if (size < 99.95) {
    std::snprintf(text, sizeof text, "%.*f", size == 0 ? 0 : size < 0.0995 ? 3 : size < 9.995 ? 2 : 1, value);
    return text;
  }
  std::snprintf(text, sizeof text, "%.0f", value);
  std::string result = text;
  for (std::size_t at = result.size(); at > 3 + (value < 0 ? 1u : 0u);) result.insert(at -= 3, ",");
  return result;
}

std::string facts_text(const LabResult& result) {
  const MachineFacts& machine = result.machine;
  std::string text =
      left("cores", 16) + std::to_string(machine.cores) + ", used: " + std::to_string(machine.processors);
  if (machine.affinity != machine.cores) text += ", affinity mask: " + std::to_string(machine.affinity);
  text += machine.quota > 0 ? ", container quota: " + format_number(machine.quota) : ", no container quota";
  text += "\n";
  for (const auto& [name, value] : machine.texts) text += left(name, 16) + value + "\n";
  text += left("Go", 16) + (result.go_version.empty() ? "none: weft's programs run alone" : result.go_version) + "\n";
  text += left("load average", 16) + format_number(machine.load_average) + " before, " +
          format_number(result.load_at_end) + " after";
  if (machine.busy()) text += " (busy: the numbers will be off)";
  return text + "\n" + left("clock reading", 16) + format_number(machine.clock_ns) + " ns\n";
}

std::string scenario_table(const ScenarioResult& result) {
  const Scenario& scenario = result.scenario;
  std::string text = std::to_string(scenario.number) + "  " + scenario.title + "\n";
  text += "   before: " + scenario.careless + "\n   after:  " + scenario.careful + "\n\n";
  text += header_line(result.with_go);
  std::string phase;
  for (const MeasureResult& measure : result.measures) {
    if (measure.measure.better == Better::same) continue;
    if (measure.phase != phase) text += measure.phase + ":\n";
    phase = measure.phase;
    text += measure_line(measure, result.with_go);
  }
  if (!result.cannot_run.empty()) text += "cannot run here: " + result.cannot_run + "\n";
  for (const std::string& failure : result.failures) text += "FAILED  " + failure + "\n";
  return text + "\n";
}

std::string summary_table(const LabResult& result) {
  std::string text;
  bool judged = false;
  for (const ScenarioResult& scenario : result.scenarios) {
    judged = judged || scenario.with_go;
    text += right(std::to_string(scenario.scenario.number), 2) + "  " + left(scenario.scenario.title, 40);
    text += left("designed out: " + std::string(bar_text(scenario.designed_out())), 26);
    text += "ahead: " + std::string(bar_text(scenario.ahead())) + (scenario.failures.empty() ? "" : "   FAILED") + "\n";
  }
  if (!judged) return text;
  return text +
         "\ndesigned out  weft's careless program is at least as good as Go's careful one\n"
         "ahead         weft's careful program is better than Go's careful one\n"
         "Judged by medians; a scenario has a bar when every measure marked yes or no has it. 2x: twice as good as "
         "Go's\n"
         "careful program. ±: half the distance between the least and the most. ~: the two ranges touch.\n";
}

}  // namespace lab
