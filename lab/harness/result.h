// lab/harness/result.h: what the lab measured.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "lab/harness/machine_facts.h"
#include "lab/harness/scenario.h"
#include "lab/harness/statistics.h"

namespace lab {

struct MeasureResult {
  Measure measure;
  std::string phase;
  std::array<Series, kProgramCount> series;
  std::array<std::string, kProgramCount> texts;  // Better::text and Better::same: the value as it was printed

  const Series& of(Program program) const { return series[index_of(program)]; }
  Verdict designed_out() const;
  Verdict ahead() const;
};

/// How one bar came out over all the measures that decide.
enum class Bar { reached, missed, not_judged };

struct ScenarioResult {
  Scenario scenario;
  bool with_go = false;
  std::vector<MeasureResult> measures;
  std::vector<std::string> failures;  // a program that failed, or did other work than the rest
  std::string cannot_run;             // on this machine, and why
  double seconds = 0;

  Bar designed_out() const;
  Bar ahead() const;
};

struct LabResult {
  MachineFacts machine;
  std::string started;     // ISO 8601, UTC
  std::string go_version;  // empty: without Go
  std::string go_missing;  // why, if it was asked for
  bool quick = false;
  int repetitions = 0;
  double load_at_end = 0;
  double seconds = 0;
  std::vector<ScenarioResult> scenarios;

  bool failed() const;
};

}  // namespace lab
