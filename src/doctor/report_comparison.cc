// What a change did, by the same rules before and after.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "doctor/report.h"
#include "doctor/text_style.h"

namespace weft::doctor {
namespace {

std::map<std::string, const Finding*> by_id(const Verdict& verdict) {
  std::map<std::string, const Finding*> found;
  for (const RuleResult& result : verdict.results) {
    for (const Finding& finding : result.judgement.findings) found[finding.id()] = &finding;
  }
  return found;
}

bool judged(const Verdict& verdict, const std::string& rule) {
  return std::ranges::any_of(verdict.results, [&](const RuleResult& result) {
    return result.rule->card.id == rule && result.judgement.outcome != Outcome::kCannotJudge;
  });
}

struct Number {
  std::string name;
  std::optional<double> before, after;
  std::string unit;
};

std::optional<double> share(const Case& service, FrameClass classes) {
  return service.gates.cpu ? std::optional(100 * service.cpu->any(classes).value()) : std::nullopt;
}

std::vector<Number> numbers(const Case& before, const Case& after) {
  const auto pair = [&](std::string name, std::string unit, auto&& of) {
    return Number{std::move(name), of(before), of(after), std::move(unit)};
  };
  const auto percent = [](std::optional<double> value) { return value ? std::optional(100 * *value) : value; };
  return {
      pair("CPU used", "cores", [](const Case& service) { return service.cores; }),
      pair("allocation", "% of CPU", [](const Case& service) { return share(service, FrameClass::kAlloc); }),
      pair("collection", "% of CPU", [](const Case& service) { return share(service, FrameClass::kGcAll); }),
      pair("scheduling", "% of CPU", [](const Case& service) { return share(service, FrameClass::kSched); }),
      pair("crossing to C", "% of CPU", [](const Case& service) { return share(service, FrameClass::kCross); }),
      pair("copying stacks", "% of CPU", [](const Case& service) { return share(service, FrameClass::kGrow); }),
      pair("collections", "/s", [](const Case& service) { return service.gc_cycles_per_second; }),
      pair("live heap", "MB",
           [](const Case& service) {
             return service.heap_live_bytes ? std::optional(*service.heap_live_bytes / 1e6) : std::nullopt;
           }),
      pair("throttled periods", "%", [&](const Case& service) { return percent(service.throttled_share); }),
      pair("goroutines", "", [](const Case& service) { return service.window.last("/sched/goroutines:goroutines"); }),
  };
}

}  // namespace

void write_comparison(std::ostream& out, const Case& before, const Verdict& before_verdict, const Case& after,
                      const Verdict& after_verdict, const TextStyle& style) {
  write_wrapped(out, style, "weft doctor: ", before.evidence.name + " -> " + after.evidence.name);
  const auto old_findings = by_id(before_verdict), new_findings = by_id(after_verdict);
  out << '\n';
  for (const auto& [id, finding] : old_findings) {
    const bool stays = new_findings.contains(id);
    const bool known = judged(after_verdict, finding->scenario == "S09" ? "S09" : finding->rule);
    const char* word = stays ? "stays    " : known ? "gone     " : "unknown  ";
    out << inked(style, stays ? Ink::kYellow : known ? Ink::kGreen : Ink::kDim, word);
    write_wrapped(out, style, "", id + ": " + (stays ? new_findings.at(id)->headline : finding->headline));
  }
  for (const auto& [id, finding] : new_findings) {
    if (old_findings.contains(id)) continue;
    out << inked(style, Ink::kRed, "new      ");
    write_wrapped(out, style, "", id + ": " + finding->headline);
  }
  if (old_findings.empty() && new_findings.empty()) out << "No rule fires, before or after.\n";
  out << '\n';
  for (const Number& number : numbers(before, after)) {
    if (!number.before || !number.after) continue;
    out << fmt::format("  {:<18} {:>10.2f} -> {:>10.2f} {}\n", number.name, *number.before, *number.after, number.unit);
  }
}

}  // namespace weft::doctor
