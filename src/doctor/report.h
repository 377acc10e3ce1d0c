// doctor/report.h: a verdict as a person, a program, a browser or a code host reads it.
#pragma once

#include <ostream>
#include <string>

#include "doctor/verdict.h"

namespace weft::doctor {

struct Comparison;

struct TextStyle {
  bool colour = false;
  std::size_t width = 100;
};

/// For a terminal: the verdict first, then at most three actions, what was healthy, and what could not be judged.
void write_text(std::ostream& out, const Case& service, const Verdict& verdict, const TextStyle& style = {});
/// One JSON object; docs/guide/doctor.md has its schema. The names stay; new ones may come.
void write_json(std::ostream& out, const Case& service, const Verdict& verdict);
/// SARIF 2.1.0, for code hosts.
void write_sarif(std::ostream& out, const Case& service, const Verdict& verdict, const std::string& version);
/// One page that needs nothing else: the report, and an icicle graph of the CPU profile with each finding's frames
/// marked.
void write_html(std::ostream& out, const Case& service, const Verdict& verdict);
/// A rule's card.
void write_card(std::ostream& out, const RuleCard& card, const TextStyle& style = {});
/// All cards as a Markdown page.
void write_reference(std::ostream& out);
/// What a change did: findings that went, stayed and came, and the numbers that moved.
void write_comparison(std::ostream& out, const Case& before, const Case& after, const Comparison& comparison,
                      const TextStyle& style = {});
/// The same as one JSON object; docs/guide/doctor.md has its schema.
void write_comparison_json(std::ostream& out, const Case& before, const Case& after, const Comparison& comparison);

}  // namespace weft::doctor
