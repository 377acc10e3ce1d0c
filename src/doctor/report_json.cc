#include <boost/json.hpp>
#include <cmath>

#include "doctor/report.h"
#include "doctor/text_style.h"

namespace weft::doctor {
namespace {

namespace json = boost::json;

// Names come from files, and JSON must be UTF-8.
json::string text(std::string_view words) { return json::string(printable(words)); }

json::array texts(const std::vector<std::string>& lines) {
  json::array array;
  for (const std::string& line : lines) array.emplace_back(text(line));
  return array;
}

json::value optional(const std::optional<double>& number) {
  return number && std::isfinite(*number) ? json::value(*number) : json::value();
}

json::object to_json(const Finding& finding) {
  json::array sites;
  for (const Site& site : finding.sites)
    sites.push_back(json::object{{"function", text(site.function)}, {"share", site.share}});
  json::object object{{"id", finding.id()},
                      {"rule", finding.rule},
                      {"scenario", finding.scenario},
                      {"severity", severity_name(finding.severity)},
                      {"act", finding.act()},
                      {"headline", text(finding.headline)},
                      {"evidence", texts(finding.evidence)},
                      {"sites", std::move(sites)},
                      {"action", text(finding.action)},
                      {"refusal", text(finding.refusal)},
                      {"gap", text(finding.gap)},
                      {"gain", text(finding.gain_text)}};
  object["gain_share"] = optional(finding.gain);
  return object;
}

json::object to_json(const RuleResult& result) {
  static constexpr const char* kOutcomes[] = {"fires", "healthy", "cannot_judge"};
  return {{"rule", std::string(result.rule->card.id)},
          {"title", std::string(result.rule->card.title)},
          {"outcome", kOutcomes[static_cast<int>(result.judgement.outcome)]},
          {"seen", text(result.judgement.seen)},
          {"missing", text(result.judgement.missing)},
          {"would_help", text(result.judgement.would_help)}};
}

}  // namespace

void write_json(std::ostream& out, const Case& service, const Verdict& verdict) {
  json::array findings, rules, actions;
  for (const RuleResult& result : verdict.results) {
    for (const Finding& finding : result.judgement.findings) findings.push_back(to_json(finding));
    rules.push_back(to_json(result));
  }
  for (const Finding* finding : verdict.actions) actions.push_back(json::value(finding->id()));
  const auto worst = verdict.worst();
  const json::object report{
      {"schema", "weft-doctor/1"},
      {"target", text(service.evidence.name)},
      {"runtime", service.evidence.is_weft      ? "weft"
                  : service.evidence.go_version ? "go"
                                                : "unknown"},
      {"version", service.evidence.go_version ? json::value(text(*service.evidence.go_version)) : json::value()},
      {"cores", optional(service.cores)},
      {"cpu_samples", service.cpu ? json::value(service.cpu->total()) : json::value()},
      {"worst", worst ? json::value(severity_name(*worst)) : json::value()},
      {"actions", std::move(actions)},
      {"findings", std::move(findings)},
      {"rules", std::move(rules)},
      {"notes", texts(verdict.notes)},
      {"sources", texts(service.evidence.sources)},
      {"unread", texts(service.evidence.unread)}};
  out << report << '\n';
}

void write_sarif(std::ostream& out, const Case& service, const Verdict& verdict, const std::string& version) {
  json::array rules, results;
  for (const Rule* rule : all_rules()) {
    rules.push_back(json::object{{"id", std::string(rule->card.id)},
                                 {"name", std::string(rule->card.title)},
                                 {"shortDescription", {{"text", std::string(rule->card.question)}}},
                                 {"fullDescription", {{"text", std::string(rule->card.fires)}}},
                                 {"help", {{"text", std::string(rule->card.lever)}}}});
  }
  static constexpr const char* kLevels[] = {"note", "warning", "error"};
  for (const RuleResult& result : verdict.results) {
    for (const Finding& finding : result.judgement.findings) {
      const char* level = finding.act() ? kLevels[static_cast<int>(finding.severity)] : "none";
      json::array places;
      for (const Site& site : finding.sites) {
        const json::object place{{"fullyQualifiedName", text(site.function)}, {"kind", "function"}};
        places.push_back(json::object{{"logicalLocations", json::array{place}}});
      }
      results.push_back(json::object{
          {"ruleId", finding.rule},
          {"level", level},
          {"message", {{"text", text(finding.headline + ". " + (finding.act() ? finding.action : finding.refusal))}}},
          {"locations", std::move(places)},
          {"partialFingerprints", {{"weftDoctor/v1", text(service.evidence.name + ":" + finding.id())}}}});
    }
  }
  const json::object driver{{"name", "weft doctor"}, {"version", version}, {"rules", std::move(rules)}};
  const json::object log{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                         {"version", "2.1.0"},
                         {"runs", json::array{{{"tool", {{"driver", driver}}}, {"results", std::move(results)}}}}};
  out << log << '\n';
}

}  // namespace weft::doctor
