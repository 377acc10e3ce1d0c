#include <fmt/format.h>

#include <algorithm>

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

void write_finding(std::ostream& out, const TextStyle& style, std::string_view number, const Finding& finding) {
  out << number << inked(style, ink_of(finding.severity), finding.id()) << "  ("
      << (finding.act() ? severity_name(finding.severity) : "do not act") << ")\n";
  write_wrapped(out, style, "   ", finding.headline);
  if (!finding.act()) write_wrapped(out, style, "   do not  act, because ", finding.refusal);
  if (finding.act()) write_wrapped(out, style, "   do      ", finding.action);
  if (finding.act()) write_wrapped(out, style, "   gain    ", finding.gain_text);
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
  const std::size_t judged = static_cast<std::size_t>(std::ranges::count_if(
      verdict.results, [](const RuleResult& result) { return result.judgement.outcome != Outcome::kCannotJudge; }));
  if (!verdict.actions.empty()) {
    out << inked(
               style, Ink::kBold,
               fmt::format("{} to act on, the first first:",
                           verdict.actions.size() == 1 ? "One cost" : fmt::format("{} costs", verdict.actions.size())))
        << "\n\n";
  } else if (judged == 0) {
    out << inked(style, Ink::kYellow, "Nothing could be judged.") << "\n\n";
  } else {
    out << inked(style, Ink::kGreen, "Nothing to act on.") << "\n\n";
  }
}

std::size_t title_width(const Verdict& verdict) {
  std::size_t width = 0;
  for (const RuleResult& result : verdict.results) width = std::max(width, result.rule->card.title.size());
  return width;
}

void write_rest(std::ostream& out, const TextStyle& style, const Verdict& verdict) {
  const std::size_t width = title_width(verdict);
  auto section = [&](Outcome outcome, std::string_view heading, auto&& words) {
    bool first = true;
    for (const RuleResult& result : verdict.results) {
      if (result.judgement.outcome != outcome) continue;
      if (first) out << inked(style, Ink::kBold, heading) << '\n';
      first = false;
      write_wrapped(out, style, fmt::format("  {:<4}{:<{}}  ", result.rule->card.id, result.rule->card.title, width),
                    words(result.judgement));
    }
    if (!first) out << '\n';
  };
  section(Outcome::kHealthy, "Checked and healthy", [](const Judgement& judgement) { return judgement.seen; });
  section(Outcome::kCannotJudge, "Could not be judged",
          [](const Judgement& judgement) { return judgement.missing + ". It would help: " + judgement.would_help; });
}

void write_list(std::ostream& out, const TextStyle& style, std::string_view heading,
                const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out << inked(style, Ink::kBold, heading) << '\n';
  for (const std::string& line : lines) write_wrapped(out, style, "  ", line);
  out << '\n';
}

}  // namespace

void write_text(std::ostream& out, const Case& service, const Verdict& verdict, const TextStyle& style) {
  write_wrapped(out, style, "weft doctor: ", subject(service));
  write_verdict(out, style, verdict);
  for (std::size_t i = 0; i < verdict.actions.size(); ++i) {
    write_finding(out, style, fmt::format("{}. ", i + 1), *verdict.actions[i]);
  }
  write_list(out, style, "Remarks", verdict.notes);
  if (!verdict.others.empty()) out << inked(style, Ink::kBold, "Also true") << "\n";
  for (const Finding* finding : verdict.others) write_finding(out, style, " - ", *finding);
  write_rest(out, style, verdict);
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
