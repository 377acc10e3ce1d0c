// lab/harness/statistics.h: medians, spread, and the two bars.
#pragma once

#include <vector>

#include "lab/harness/scenario.h"

namespace lab {

/// One measure of one program over the repetitions.
struct Series {
  std::vector<double> values;

  bool empty() const { return values.empty(); }
  double median() const;
  double least() const;
  double most() const;
  /// Half the distance from least to most, in percent of the median.
  double spread_percent() const;
};

/// weft's program against Go's careful one.
struct Verdict {
  bool judged = false;  // both have values, and the measure has a better side
  bool holds = false;
  double factor =
      0;  // how many times better than Go's careful program; 0: one of the two measured nothing, so no ratio
  bool clear = false;  // the two ranges do not touch
};

/// weft's careless program is at least as good as Go's careful one.
Verdict designed_out(Better better, const Series& weft_before, const Series& go_after);
/// weft's careful program is better than Go's careful one.
Verdict ahead(Better better, const Series& weft_after, const Series& go_after);

}  // namespace lab
