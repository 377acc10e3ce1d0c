#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "doctor/report.h"
#include "doctor/text_style.h"

namespace weft::doctor {
namespace {

Ink ink_of(Severity severity) {
  return severity == Severity::kHigh ? Ink::kRed : severity == Severity::kWarning ? Ink::kYellow : Ink::kDim;
}

std::string subject(const Case& service) {
  std::string line = service.evidence.name;
  const auto& version = service.evidence.go_version;
  if (service.evidence.is_weft) line += ", weft";
  if (version) line += ", " + *version;
  if (service.cores) line += fmt::format(", {:.2f} cores", *service.cores);
  if (service.cpu) line += fmt::format(", {} CPU samples", service.cpu->total());
  return printable(line);
}

// A share of the CPU is known only where shares are; an information's is no reason to act.
std::string gain_of(const Case& service, const Finding& finding) {
  if (!finding.gain || !service.gates.cpu || finding.severity == Severity::kInfo) return finding.gain_text;
  return fmt::format("about {:.0f}% of the CPU; {}", 100 * *finding.gain, finding.gain_text);
}

void write_finding(std::ostream& out, const TextStyle& style, std::string_view number, const Finding& finding,
                   const std::string& gain) {
  out << number << inked(style, ink_of(finding.severity), finding.id()) << "  ("
      << (finding.act() ? severity_name(finding.severity) : "do not act") << ")\n";
  write_wrapped(out, style, "   ", finding.headline);
  if (!finding.act()) write_wrapped(out, style, "   do not  act, because ", finding.refusal);
  if (finding.act()) write_wrapped(out, style, "   do      ", finding.action);
  if (finding.act()) write_wrapped(out, style, "   gain    ", gain);
  for (const std::string& line : finding.evidence) {
    write_wrapped(out, style, &line == &finding.evidence.front() ? "   seen    " : "           ", line);
  }
  for (const Site& site : finding.sites) {
    write_wrapped(out, style, &site == &finding.sites.front() ? "   where   " : "           ",
                  fmt::format("{:>5.1f}%  {}", 100 * site.share, site.function));
  }
  if (finding.act()) write_wrapped(out, style, "   mind    ", finding.gap);
  out << '\n';
}

void write_verdict(std::ostream& out, const TextStyle& style, const Verdict& verdict) {
  const std::size_t count = verdict.actions.size();
  const auto judged = std::ranges::count_if(
      verdict.results, [](const RuleResult& result) { return result.judgement.outcome != Outcome::kCannotJudge; });
  if (count > 0) {
    out << inked(style, Ink::kBold,
                 count == 1 ? "One cost to act on:" : fmt::format("{} costs to act on, in this order:", count));
  } else if (judged == 0) {
    out << inked(style, Ink::kYellow, "Nothing could be judged.");
  } else {
    out << inked(style, Ink::kGreen, "Nothing to act on") << " ("
        << fmt::format("{} of {} rules could be judged).", judged, verdict.results.size());
  }
  out << "\n\n";
}

std::size_t title_width(const Verdict& verdict) {
  std::size_t width = 0;
  for (const RuleResult& result : verdict.results) width = std::max(width, result.rule->card.title.size());
  return width;
}

void write_healthy(std::ostream& out, const TextStyle& style, const Verdict& verdict) {
  const std::size_t width = title_width(verdict);
  bool first = true;
  for (const RuleResult& result : verdict.results) {
    if (result.judgement.outcome != Outcome::kHealthy) continue;
    if (first) out << inked(style, Ink::kBold, "Checked and healthy") << '\n';
    first = false;
    write_wrapped(out, style, fmt::format("  {:<4}{:<{}}  ", result.rule->card.id, result.rule->card.title, width),
                  result.judgement.seen);
  }
  if (!first) out << '\n';
}

// By what is missing: without a CPU profile half of the rules say the same.
void write_not_judged(std::ostream& out, const TextStyle& style, const Verdict& verdict) {
  struct Gap {
    const Judgement* judgement;
    std::string rules;
  };
  std::vector<Gap> gaps;
  for (const auto& [rule, judgement] : verdict.results) {
    if (judgement.outcome != Outcome::kCannotJudge) continue;
    auto gap = std::ranges::find_if(gaps, [&](const Gap& known) {
      return known.judgement->missing == judgement.missing && known.judgement->would_help == judgement.would_help;
    });
    if (gap == gaps.end()) gap = gaps.insert(gap, {&judgement, ""});
    gap->rules += fmt::format("{}{} {}", gap->rules.empty() ? "" : ", ", rule->card.id, rule->card.title);
  }
  if (gaps.empty()) return;
  out << inked(style, Ink::kBold, "Could not be judged") << '\n';
  for (const Gap& gap : gaps) {
    write_wrapped(out, style, "  ", gap.rules);
    write_wrapped(out, style, "      because  ", gap.judgement->missing);
    write_wrapped(out, style, "      give     ", gap.judgement->would_help);
  }
  out << '\n';
}

void write_list(std::ostream& out, const TextStyle& style, std::string_view heading,
                const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  constexpr std::size_t kMost = 50;
  out << inked(style, Ink::kBold, heading) << '\n';
  for (const std::string& line : std::span(lines).first(std::min(lines.size(), kMost)))
    write_wrapped(out, style, "  ", line);
  if (lines.size() > kMost) out << fmt::format("  and {} more\n", lines.size() - kMost);
  out << '\n';
}

}  // namespace

void write_text(std::ostream& out, const Case& service, const Verdict& verdict, const TextStyle& style) {
  write_wrapped(out, style, "weft doctor: ", subject(service));
  write_verdict(out, style, verdict);
  for (std::size_t i = 0; i < verdict.actions.size(); ++i) {
    const Finding& finding = *verdict.actions[i];
    write_finding(out, style, fmt::format("{}. ", i + 1), finding, gain_of(service, finding));
  }
  write_list(out, style, "Remarks", verdict.notes);
  if (!verdict.others.empty()) out << inked(style, Ink::kBold, "Also true") << "\n";
  for (const Finding* finding : verdict.others) {
    write_finding(out, style, " - ", *finding, gain_of(service, *finding));
  }
  write_healthy(out, style, verdict);
  write_not_judged(out, style, verdict);
  write_list(out, style, "Read", service.evidence.sources);
  write_list(out, style, "Not read", service.evidence.unread);
}

void write_card(std::ostream& out, const RuleCard& card, const TextStyle& style) {
  out << inked(style, Ink::kBold, fmt::format("{}: {}", card.id, card.title)) << "\n\n";
  write_wrapped(out, style, "asks        ", card.question);
  write_wrapped(out, style, "looks at    ", card.evidence);
  write_wrapped(out, style, "fires       ", card.fires);
  write_wrapped(out, style, "lever       ", card.lever);
  write_wrapped(out, style, "gain        ", card.gain);
  write_wrapped(out, style, "do not act  ", card.refuse);
  write_wrapped(out, style, "mind        ", card.gap);
  write_wrapped(out, style, "read on     ", card.references);
}

void write_reference(std::ostream& out) {
  out << "# The doctor's rules\n\nWritten by `weft doctor explain all`; do not edit.\n";
  for (const Rule* rule : all_rules()) {
    const RuleCard& card = rule->card;
    out << "\n## " << card.id << ": " << card.title << "\n\n" << card.question << "\n\n";
    out << "- **Looks at**: " << card.evidence << "\n- **Fires**: " << card.fires << "\n- **Lever**: " << card.lever
        << "\n- **Gain**: " << card.gain << "\n- **Do not act**: " << card.refuse << "\n- **Mind**: " << card.gap
        << "\n- **Read on**: " << card.references << "\n";
  }
}

}  // namespace weft::doctor
