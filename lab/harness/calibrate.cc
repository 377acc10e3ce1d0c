#include "lab/harness/calibrate.h"

#include <algorithm>

#include "lab/support/program.h"

namespace lab {

double burn_round_ns() {
  constexpr std::int64_t kRounds = 2'000'000;
  double best = 1e9;
  for (int attempt = 0; attempt < 9; ++attempt) {
    const Clock::time_point start = Clock::now();
    const std::uint64_t value = burn(kRounds, static_cast<std::uint64_t>(attempt));
    const auto passed = static_cast<double>((Clock::now() - start).count());
    // A value of 0 cannot be, so the comparison keeps the work alive and changes nothing.
    if (value != 0) best = std::min(best, passed / static_cast<double>(kRounds));
  }
  return best;
}

}  // namespace lab
