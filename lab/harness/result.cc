#include "lab/harness/result.h"

#include <algorithm>

namespace lab {
namespace {

template <class Judge>
Bar bar_of(const ScenarioResult& result, Judge judge) {
  Bar bar = Bar::not_judged;
  if (!result.failures.empty()) return bar;
  for (const MeasureResult& measure : result.measures) {
    if (!measure.measure.decides) continue;
    const Verdict verdict = judge(measure);
    if (!verdict.judged) return Bar::not_judged;
    if (!verdict.holds) return Bar::missed;
    bar = Bar::reached;
  }
  return bar;
}

}  // namespace

Verdict MeasureResult::designed_out() const {
  return lab::designed_out(measure.better, of(Program::weft_before), of(Program::go_after));
}
Verdict MeasureResult::ahead() const {
  return lab::ahead(measure.better, of(Program::weft_after), of(Program::go_after));
}

Bar ScenarioResult::designed_out() const {
  return bar_of(*this, [](const MeasureResult& measure) { return measure.designed_out(); });
}
Bar ScenarioResult::ahead() const {
  return bar_of(*this, [](const MeasureResult& measure) { return measure.ahead(); });
}

bool LabResult::failed() const {
  return std::ranges::any_of(scenarios, [](const ScenarioResult& result) { return !result.failures.empty(); });
}

}  // namespace lab
