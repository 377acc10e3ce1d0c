// How many streams of a connection may end by a reset: so many at once, and so many a second after that.
//
// To open a stream and reset it costs a client next to nothing and a server a handler (CVE-2023-44487); clients that do
// what they are for, such as browsers whose user goes on, stay far below it.
#pragma once

#include <algorithm>
#include <chrono>

namespace weft::http {

class ResetBudget {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int kBurst = 500, kPerSecond = 33;

  /// Takes one. False: there is none left.
  bool take(Clock::time_point now) noexcept {
    const auto earned = std::chrono::duration_cast<std::chrono::seconds>(now - since_).count() * kPerSecond;
    if (earned > 0) {
      left_ = static_cast<int>(std::min<std::int64_t>(kBurst, left_ + earned));
      since_ = now;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  int left_ = kBurst;
  Clock::time_point since_ = Clock::now();
};

}  // namespace weft::http
