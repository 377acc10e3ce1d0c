// lab/harness/table.h: the lab's result as text.
#pragma once

#include <string>

#include "lab/harness/result.h"

namespace lab {

/// "1,312", "12.4", "0.0518", "273 M": three digits that count, more only before the point.
std::string format_number(double value);

/// What was measured where: machine, compilers, load.
std::string facts_text(const LabResult& result);
/// One scenario's measures, a line each.
std::string scenario_table(const ScenarioResult& result);
/// A line a scenario with its two bars, and what the bars mean.
std::string summary_table(const LabResult& result);

}  // namespace lab
