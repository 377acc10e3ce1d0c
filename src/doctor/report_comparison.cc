// A comparison as a person and as a program reads it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "doctor/comparison.h"
#include "doctor/report.h"
#include "doctor/text_style.h"

namespace weft::doctor {
namespace {

namespace json = boost::json;

bool asks_for_nothing(const Change& change) { return change.finding.severity == Severity::kInfo; }

void write_change(std::ostream& out, const TextStyle& style, const Change& change) {
  static constexpr Ink kInks[] = {Ink::kGreen, Ink::kYellow, Ink::kRed, Ink::kDim, Ink::kYellow};
  const bool info = asks_for_nothing(change);
  out << inked(style, info ? Ink::kDim : kInks[static_cast<std::size_t>(change.fate)],
               fmt::format("{:<8}", fate_name(change.fate)))
      << inked(style, Ink::kBold, change.finding.id()) << (info ? "  (info)\n" : "\n");
  write_wrapped(out, style, "   before  ", change.before);
  write_wrapped(out, style, "   after   ", change.after);
}

void write_numbers(std::ostream& out, const std::vector<ComparedNumber>& numbers) {
  if (!numbers.empty()) out << '\n';
  for (const ComparedNumber& number : numbers) {
    const int digits = number.unit == "goroutines" ? 0 : 2;
    out << fmt::format("  {:<18} {:>10.{}f} -> {:>10.{}f} {}\n", number.name, number.before, digits, number.after,
                       digits, number.unit);
  }
}

void write_list(std::ostream& out, const TextStyle& style, const std::string& heading,
                const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out << '\n' << inked(style, Ink::kBold, heading) << '\n';
  for (const std::string& line : lines) write_wrapped(out, style, "  ", line);
}

std::string counted(const std::vector<Change>& changes, bool info) {
  const auto count = [&](Fate fate) {
    return std::ranges::count_if(changes,
                                 [&](const Change& c) { return c.fate == fate && asks_for_nothing(c) == info; });
  };
  std::string text =
      fmt::format("{} gone, {} still there, {} new", count(Fate::kGone), count(Fate::kStays), count(Fate::kNew));
  const auto unknown = count(Fate::kUnknown) + count(Fate::kFound);
  return text + (unknown > 0 ? fmt::format(", {} that could be judged on one side only.", unknown) : ".");
}

// Information asks for nothing, and counts by itself.
std::string summary(const std::vector<Change>& changes) {
  if (std::ranges::all_of(changes, asks_for_nothing)) return "Nothing to act on. Of the rest " + counted(changes, true);
  return "Of the costs " + counted(changes, false);
}

json::array texts(const std::vector<std::string>& lines) {
  json::array array;
  for (const std::string& line : lines) array.emplace_back(json::string(printable(line)));
  return array;
}

json::object side(const Case& service) {
  return {{"target", json::string(printable(service.evidence.name))},
          {"notes", texts(service.gates.remarks)},
          {"sources", texts(service.evidence.sources)},
          {"unread", texts(service.evidence.unread)}};
}

}  // namespace

void write_comparison(std::ostream& out, const Case& before, const Case& after, const Comparison& comparison,
                      const TextStyle& style) {
  write_wrapped(out, style, "weft doctor: ", before.evidence.name + " -> " + after.evidence.name);
  if (comparison.changes.empty()) {
    out << "No rule fires, before or after.\n";
  } else {
    out << inked(style, Ink::kBold, summary(comparison.changes)) << "\n\n";
  }
  for (const Change& change : comparison.changes) write_change(out, style, change);
  write_numbers(out, comparison.numbers);
  write_list(out, style, "Remarks on before", before.gates.remarks);
  write_list(out, style, "Remarks on after", after.gates.remarks);
  write_list(out, style, "Not read of before", before.evidence.unread);
  write_list(out, style, "Not read of after", after.evidence.unread);
}

void write_comparison_json(std::ostream& out, const Case& before, const Case& after, const Comparison& comparison) {
  json::array changes, numbers;
  for (const Change& change : comparison.changes) {
    changes.push_back(json::object{{"id", change.finding.id()},
                                   {"rule", change.finding.rule},
                                   {"scenario", change.finding.scenario},
                                   {"severity", severity_name(change.finding.severity)},
                                   {"fate", fate_name(change.fate)},
                                   {"before", json::string(printable(change.before))},
                                   {"after", json::string(printable(change.after))}});
  }
  for (const ComparedNumber& number : comparison.numbers) {
    numbers.push_back(
        json::object{{"name", number.name}, {"unit", number.unit}, {"before", number.before}, {"after", number.after}});
  }
  out << json::object{{"schema", "weft-doctor-comparison/1"},
                      {"before", side(before)},
                      {"after", side(after)},
                      {"changes", std::move(changes)},
                      {"numbers", std::move(numbers)}}
      << '\n';
}

}  // namespace weft::doctor
