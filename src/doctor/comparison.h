// doctor/comparison.h: what a change did, by the same rules before and after.
#pragma once

#include <string>
#include <vector>

#include "doctor/verdict.h"

namespace weft::doctor {

/// What became of a finding. Without the evidence on one side it is neither gone (kUnknown) nor new (kFound).
enum class Fate { kGone, kStays, kNew, kUnknown, kFound };

/// "gone", "stays", "new", "unknown", "found"
std::string_view fate_name(Fate fate) noexcept;

/// A finding of either side, or of both.
struct Change {
  Finding finding;  // as it is after, else as it was before
  Fate fate;
  std::string before, after;  // its headline; where it is not: the numbers that say so, or what is missing
};

/// A number that is known on both sides, and is not none on both.
struct ComparedNumber {
  std::string name, unit;
  double before, after;
};

struct Comparison {
  std::vector<Change> changes;  // by id
  std::vector<ComparedNumber> numbers;
};

Comparison compare(const Case& before, const Verdict& before_verdict, const Case& after, const Verdict& after_verdict);

}  // namespace weft::doctor
