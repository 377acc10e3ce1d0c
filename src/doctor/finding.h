// doctor/finding.h: what a rule says of a service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doctor/frame_class.h"

namespace weft::doctor {

/// kInfo: true, and nothing to lose sleep over; it never makes the exit code 1 unless asked for.
enum class Severity : std::uint8_t { kInfo, kWarning, kHigh };
const char* severity_name(Severity severity);  // "info", "warning", "high"

/// A function of the user's, and the share of all samples that it accounts for.
struct Site {
  std::string function;
  double share = 0;
};

struct Finding {
  std::string rule;      // "R2", "S11"
  std::string scenario;  // "S05b" where the rule names which of several causes it is; else empty
  Severity severity = Severity::kWarning;
  std::string headline;                  // one line: what it costs, with its number
  std::vector<std::string> evidence;     // one number with its source each
  std::vector<Site> sites;               // where, the most costly first
  std::string action;                    // the lever
  std::string refusal;                   // "do not act because ..."; empty: act
  std::string gap;                       // what the lever must not break
  std::optional<double> gain;            // share of the CPU that the lever gives back, about; absent: not of this kind
  std::string gain_text;                 // the same in words, with what it was measured on
  FrameClass marks = FrameClass::kNone;  // which frames a flame graph marks for it

  /// "R1/S03", "S11": stable, for machines.
  std::string id() const { return scenario.empty() ? rule : rule + "/" + scenario; }
  bool act() const { return refusal.empty(); }
};

/// What became of one rule.
enum class Outcome : std::uint8_t { kFires, kHealthy, kCannotJudge };

struct Judgement {
  Outcome outcome = Outcome::kCannotJudge;
  std::vector<Finding> findings;   // of kFires
  std::string seen;                // of kHealthy: the numbers that say so
  std::string missing;             // of kCannotJudge: what was not there ...
  std::string would_help;          // ... and which file or flag would bring it
  std::vector<std::string> notes;  // true whatever the outcome: "hot C code, batching will not help"

  static Judgement healthy(std::string seen) {
    Judgement judgement;
    judgement.outcome = Outcome::kHealthy;
    judgement.seen = std::move(seen);
    return judgement;
  }
  static Judgement cannot(std::string missing, std::string would_help) {
    Judgement judgement;
    judgement.missing = std::move(missing);
    judgement.would_help = std::move(would_help);
    return judgement;
  }
  static Judgement fires(Finding finding) {
    Judgement judgement;
    judgement.outcome = Outcome::kFires;
    judgement.findings.push_back(std::move(finding));
    return judgement;
  }
};

}  // namespace weft::doctor
