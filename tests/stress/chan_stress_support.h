// What the stress tests of channels and select share: a seed that is printed, a time budget, the rounds over
// processors.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

#include "weft/runtime.h"

namespace weft::stress {

using Random = std::mt19937_64;

inline std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Runs `round(random)` as the main goroutine again and again, on 1, 2, 4, 8 and 64 processors in turn,
/// WEFT_STRESS_SECONDS in all (default 10). Each round has its own seed; a failing one is printed and runs first
/// under WEFT_STRESS_SEED.
template <class Round>
void rounds(Round round) {
  const std::uint64_t first_seed = number_from_environment("WEFT_STRESS_SEED", std::random_device{}());
  const auto budget = std::chrono::milliseconds(1'000 * number_from_environment("WEFT_STRESS_SECONDS", 10)) / 5;
  std::cout << "first seed " << first_seed << std::endl;  // a run that hangs is to have said so
  std::uint64_t seed = first_seed;
  std::uint64_t done = 0;
  for (int processors : {1, 2, 4, 8, 64}) {
    set_max_procs(processors);
    const auto end = std::chrono::steady_clock::now() + budget;
    do {
      weft::run([&] {
        Random random(seed);
        round(random);
      });
      ++done;
      if (::testing::Test::HasFailure()) {
        std::cout << "failed with WEFT_STRESS_SEED=" << seed << " on " << processors << " processors\n";
        return;
      }
      ++seed;
    } while (std::chrono::steady_clock::now() < end);
  }
  std::cout << done << " rounds\n";
}

inline int pick(Random& random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }

}  // namespace weft::stress
