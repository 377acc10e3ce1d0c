#include "doctor/fleet_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <map>
#include <ostream>
#include <string_view>

#include "doctor/text_style.h"

namespace weft::doctor {
namespace {

namespace json = boost::json;

const char* severity_text(FleetSeverity severity) {
  switch (severity) {
    case FleetSeverity::kHigh:
      return "high";
    case FleetSeverity::kWarning:
      return "warning";
    case FleetSeverity::kInfo:
      return "info";
    case FleetSeverity::kNone:
      break;
  }
  return "none";
}

std::string shell_word(const std::string& text) {
  const std::string plain = printable(text);
  constexpr std::string_view kHarmless = "-._~:/?=%@[]+,";
  const bool harmless = std::all_of(plain.begin(), plain.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kHarmless.find(c) != std::string_view::npos;
  });
  if (harmless && plain.find_first_of("?[") == std::string::npos) return plain;
  std::string quoted = "'";
  for (const char c : plain) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string name_of(const Service& service) { return printable(service.job + " " + service.instance); }

std::string command_for(const Service& service) { return "weft doctor " + shell_word(service.url); }

std::string loss_text(const FleetVerdict& verdict) {
  std::string text;
  if (verdict.lost_cores() >= 0.01) text = "~" + short_number(verdict.lost_cores()) + " cores";
  if (verdict.lost_bytes() >= 1e6) text += (text.empty() ? "~" : ", ~") + short_bytes(verdict.lost_bytes());
  return text.empty() ? "-" : text;
}

std::string why_text(const FleetVerdict& verdict) {
  const FleetFinding& worst = verdict.findings.front();
  std::string text = worst.rule + ": " + worst.why;
  for (std::size_t i = 1; i < verdict.findings.size(); ++i) {
    text += (i == 1 ? "; also " : ", ") + verdict.findings[i].rule;
  }
  return text;
}

void write_rows(std::ostream& out, const FleetReport& report, std::size_t most_rows) {
  std::size_t width = 7;
  std::size_t rows = 0;
  for (const FleetVerdict& verdict : report.verdicts) {
    if (verdict.findings.empty() || ++rows > most_rows) break;
    width = std::max(width, name_of(verdict.service).size());
  }
  if (rows == 0) return;
  out << fmt::format("\n{:8} {:{}} {:>6}  {:22} {}\n", "", "service", width, "cores", "loses", "why");
  rows = 0;
  for (const FleetVerdict& verdict : report.verdicts) {
    if (verdict.findings.empty()) break;
    if (++rows > most_rows) {
      out << "... and more: --json has all\n";
      break;
    }
    const auto cores = verdict.service.get(Measure::kCores);
    out << fmt::format("{:8} {:{}} {:>6}  {:22} {}\n", severity_text(verdict.severity()), name_of(verdict.service),
                       width, cores ? short_number(*cores) : "?", loss_text(verdict), why_text(verdict));
  }
}

// One line a thing that could not be judged, with the number of services it was of.
void write_not_judged(std::ostream& out, const FleetReport& report) {
  std::map<std::string, std::size_t> counts;
  for (const FleetVerdict& verdict : report.verdicts) {
    for (const std::string& one : verdict.not_judged) ++counts[one];
  }
  out << "\nNot judged:\n";
  for (const auto& [what, count] : counts) out << fmt::format("  {} ({} of {})\n", what, count, report.verdicts.size());
  out << "  where in the code: stack growth, boxing, locked threads, hot maps show in profiles alone (all)\n";
  if (report.other_processes > 0) {
    out << fmt::format("  {} processes that are neither Go nor weft\n", report.other_processes);
  }
  for (const std::string& note : report.notes) out << "  " << printable(note) << '\n';
}

json::object finding_json(const FleetFinding& finding) {
  return {{"rule", finding.rule},
          {"severity", severity_text(finding.severity)},
          {"why", finding.why},
          {"lost_cores", finding.lost_cores},
          {"lost_bytes", finding.lost_bytes},
          {"wants_profile", finding.wants_profile}};
}

json::object verdict_json(const FleetVerdict& verdict) {
  json::array findings;
  for (const FleetFinding& finding : verdict.findings) findings.push_back(finding_json(finding));
  json::array not_judged;
  for (const std::string& one : verdict.not_judged) not_judged.emplace_back(one);
  json::object object{{"job", verdict.service.job},
                      {"instance", verdict.service.instance},
                      {"runtime", verdict.service.is_weft ? "weft" : "go"},
                      {"severity", severity_text(verdict.severity())},
                      {"lost_cores", verdict.lost_cores()},
                      {"lost_bytes", verdict.lost_bytes()},
                      {"findings", std::move(findings)},
                      {"not_judged", std::move(not_judged)}};
  if (const auto cores = verdict.service.get(Measure::kCores)) object["cores"] = *cores;
  if (verdict.service.go_version) object["version"] = *verdict.service.go_version;
  if (verdict.wants_profile()) object["command"] = command_for(verdict.service);
  return object;
}

}  // namespace

void write_fleet_table(std::ostream& out, const FleetReport& report, std::size_t most_rows) {
  const auto with_findings = std::count_if(report.verdicts.begin(), report.verdicts.end(),
                                           [](const FleetVerdict& verdict) { return !verdict.findings.empty(); });
  out << fmt::format("{}: {} services, {} with findings; worst first, losses are estimates\n", report.prometheus,
                     report.verdicts.size(), with_findings);
  write_rows(out, report, most_rows);
  std::size_t commands = 0;
  for (const FleetVerdict& verdict : report.verdicts) {
    if (!verdict.wants_profile() || commands == most_rows) continue;
    if (commands++ == 0) out << "\nDeserve a profile (where their debug port is; the metrics' may be another):\n";
    out << "  " << command_for(verdict.service) << '\n';
  }
  write_not_judged(out, report);
}

void write_fleet_json(std::ostream& out, const FleetReport& report) {
  json::array services;
  for (const FleetVerdict& verdict : report.verdicts) services.push_back(verdict_json(verdict));
  json::array notes;
  for (const std::string& note : report.notes) notes.emplace_back(note);
  out << json::serialize(json::object{{"prometheus", report.prometheus},
                                      {"services", std::move(services)},
                                      {"other_processes", report.other_processes},
                                      {"notes", std::move(notes)}})
      << '\n';
}

}  // namespace weft::doctor
