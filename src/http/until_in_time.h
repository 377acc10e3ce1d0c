// For tests whose client has to be faster than a limit of the server's. A busy machine may hold it up for longer.
#pragma once

#include <gtest/gtest.h>

#include <chrono>

namespace weft::http {

/// What a client sends so soon after shutdown() began counts for sure: the server leaves it a second.
constexpr std::chrono::milliseconds kWithinLastCall{900};

/// Makes attempts until `attempt(limit)` says that the server did its part. One in which it did not is a failure, but
/// where it took as long as the limit the client may have been too late: the next has `factor` times as long.
template <class Attempt>
void until_in_time(std::chrono::milliseconds limit, int factor, Attempt&& attempt) {
  for (int i = 0; i < 6; ++i, limit *= factor) {
    const auto begin = std::chrono::steady_clock::now();
    if (attempt(limit) || testing::Test::HasFailure()) return;
    ASSERT_GE(std::chrono::steady_clock::now() - begin, limit) << "the client was in time";
  }
  FAIL() << "in none of the attempts";
}

}  // namespace weft::http
