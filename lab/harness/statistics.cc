#include "lab/harness/statistics.h"

#include <algorithm>

namespace lab {
namespace {

Verdict compare(Better better, const Series& weft, const Series& go) {
  Verdict verdict;
  if ((better != Better::less && better != Better::more) || weft.empty() || go.empty()) return verdict;
  verdict.judged = true;
  const double good = better == Better::less ? go.median() : weft.median();
  const double bad = better == Better::less ? weft.median() : go.median();
  if (good > 0 && bad > 0) verdict.factor = good / bad;
  verdict.clear = weft.most() < go.least() || go.most() < weft.least();
  return verdict;
}

bool better_than(Better better, double one, double other) { return better == Better::less ? one < other : one > other; }

}  // namespace

double Series::median() const {
  if (values.empty()) return 0;
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Series::least() const { return values.empty() ? 0 : *std::ranges::min_element(values); }
double Series::most() const { return values.empty() ? 0 : *std::ranges::max_element(values); }

double Series::spread_percent() const {
  const double middle = median();
  return middle == 0 ? 0 : (most() - least()) / 2 / middle * 100;
}

Verdict designed_out(Better better, const Series& weft_before, const Series& go_after) {
  Verdict verdict = compare(better, weft_before, go_after);
  if (verdict.judged) verdict.holds = !better_than(better, go_after.median(), weft_before.median());
  return verdict;
}

Verdict ahead(Better better, const Series& weft_after, const Series& go_after) {
  Verdict verdict = compare(better, weft_after, go_after);
  if (verdict.judged) verdict.holds = better_than(better, weft_after.median(), go_after.median());
  return verdict;
}

}  // namespace lab
