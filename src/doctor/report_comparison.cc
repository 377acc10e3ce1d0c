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

// What the rule of a finding said of the other side. R4/S09 is S09's.
const Judgement& judgement_of(const Verdict& verdict, const Finding& finding) {
  const std::string_view id = finding.scenario == "S09" ? finding.scenario : finding.rule;
  const auto result = std::ranges::find_if(verdict.results, [&](const auto& r) { return r.rule->card.id == id; });
  return result->judgement;
}

// In place of the finding: the numbers that say so, or what is missing.
std::string words_of(const Judgement& judgement) {
  switch (judgement.outcome) {
    case Outcome::kHealthy:
      return judgement.seen;
    case Outcome::kCannotJudge:
      return fmt::format("{}. It would help: {}", judgement.missing, judgement.would_help);
    case Outcome::kFires:
      break;
  }
  return judgement.findings.front().headline;
}

// Without the evidence on one side a finding is neither gone (kUnknown) nor new (kFound).
enum class Fate { kGone, kStays, kNew, kUnknown, kFound };

// A finding of either side, or of both.
struct Change {
  const Finding* old;
  const Finding* now;
  const Judgement& other_side;  // what the rule says where the finding is not

  const Finding& finding() const { return now != nullptr ? *now : *old; }
  Fate fate() const {
    const bool known = other_side.outcome != Outcome::kCannotJudge;
    if (old == nullptr) return known ? Fate::kNew : Fate::kFound;
    if (now != nullptr) return Fate::kStays;
    return known ? Fate::kGone : Fate::kUnknown;
  }
};

void write_change(std::ostream& out, const TextStyle& style, const Change& change) {
  static constexpr const char* kWords[] = {"gone", "stays", "new", "unknown", "found"};
  static constexpr Ink kInks[] = {Ink::kGreen, Ink::kYellow, Ink::kRed, Ink::kDim, Ink::kYellow};
  const auto fate = static_cast<std::size_t>(change.fate());
  const bool info = change.finding().severity == Severity::kInfo;
  out << inked(style, info ? Ink::kDim : kInks[fate], fmt::format("{:<8}", kWords[fate]))
      << inked(style, Ink::kBold, change.finding().id()) << (info ? "  (info)\n" : "\n");
  const auto words = [&](const Finding* side) {
    return side != nullptr ? side->headline : words_of(change.other_side);
  };
  write_wrapped(out, style, "   before  ", words(change.old));
  write_wrapped(out, style, "   after   ", words(change.now));
}

struct Number {
  std::string name;
  std::optional<double> before, after;
  std::string unit;
};

std::optional<double> resident_megabytes(const Case& service) {
  for (auto state = service.evidence.process.rbegin(); state != service.evidence.process.rend(); ++state) {
    if (state->resident_bytes) return *state->resident_bytes / 1e6;
  }
  return std::nullopt;
}

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
             // Zero is what there is before a first collection ends, and what a trace says of less than a megabyte.
             return service.heap_live_bytes.value_or(0) > 0 ? std::optional(*service.heap_live_bytes / 1e6)
                                                            : std::nullopt;
           }),
      pair("resident memory", "MB", resident_megabytes),
      pair("throttled periods", "%", [&](const Case& service) { return percent(service.throttled_share); }),
      pair("alive", "goroutines",
           [](const Case& service) { return service.window.last("/sched/goroutines:goroutines"); }),
  };
}

// Those that are known on both sides, and are not none on both.
void write_numbers(std::ostream& out, std::vector<Number> numbers) {
  std::erase_if(numbers, [](const Number& number) {
    return !number.before || !number.after || (*number.before == 0 && *number.after == 0);
  });
  if (!numbers.empty()) out << '\n';
  for (const Number& number : numbers) {
    const int digits = number.unit.starts_with('g') ? 0 : 2;
    out << fmt::format("  {:<18} {:>10.{}f} -> {:>10.{}f} {}\n", number.name, *number.before, digits, *number.after,
                       digits, number.unit);
  }
}

void write_list(std::ostream& out, const TextStyle& style, const std::string& heading,
                const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out << '\n' << inked(style, Ink::kBold, heading) << '\n';
  for (const std::string& line : lines) write_wrapped(out, style, "  ", line);
}

std::vector<Change> changes(const Verdict& before, const Verdict& after) {
  const auto old_findings = by_id(before), new_findings = by_id(after);
  std::vector<Change> all;
  for (const auto& [id, finding] : old_findings) {
    const auto now = new_findings.find(id);
    all.push_back({finding, now != new_findings.end() ? now->second : nullptr, judgement_of(after, *finding)});
  }
  for (const auto& [id, finding] : new_findings) {
    if (!old_findings.contains(id)) all.push_back({nullptr, finding, judgement_of(before, *finding)});
  }
  return all;
}

// Information asks for nothing, and is not counted.
std::string summary(const std::vector<Change>& changes) {
  const auto count = [&](Fate fate) {
    return std::ranges::count_if(
        changes, [&](const Change& c) { return c.fate() == fate && c.finding().severity != Severity::kInfo; });
  };
  std::string text = fmt::format("Of the costs {} gone, {} still there, {} new", count(Fate::kGone),
                                 count(Fate::kStays), count(Fate::kNew));
  const auto unknown = count(Fate::kUnknown) + count(Fate::kFound);
  return text + (unknown > 0 ? fmt::format(", {} that could be judged on one side only.", unknown) : ".");
}

}  // namespace

void write_comparison(std::ostream& out, const Case& before, const Verdict& before_verdict, const Case& after,
                      const Verdict& after_verdict, const TextStyle& style) {
  write_wrapped(out, style, "weft doctor: ", before.evidence.name + " -> " + after.evidence.name);
  const std::vector<Change> all = changes(before_verdict, after_verdict);
  if (all.empty()) {
    out << "No rule fires, before or after.\n";
  } else {
    out << inked(style, Ink::kBold, summary(all)) << "\n\n";
  }
  for (const Change& change : all) write_change(out, style, change);
  write_numbers(out, numbers(before, after));
  write_list(out, style, "Remarks on before", before.gates.remarks);
  write_list(out, style, "Remarks on after", after.gates.remarks);
  write_list(out, style, "Not read of before", before.evidence.unread);
  write_list(out, style, "Not read of after", after.evidence.unread);
}

}  // namespace weft::doctor
