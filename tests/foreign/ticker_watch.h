// A 1 ms ticker that runs beside what is tested, and how late it came.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <vector>

#include "weft/runtime.h"
#include "weft/time.h"

namespace weft::foreign_test {

class TickerWatch {
 public:
  TickerWatch() : task_(spawn({.name = "ticker"}, [this] { tick(); })) {}

  struct Report {
    std::size_t ticks;
    double elapsed_ms, late_p50_ms, late_p99_ms;
  };

  /// Stops, prints under `what`, and tells.
  Report finish(const char* what) {
    stop_ = true;
    task_.join();
    std::sort(late_ms_.begin(), late_ms_.end());
    const Report r{late_ms_.size(), elapsed_ms(), at(0.5), at(0.99)};
    std::printf("%s: %zu ticks in %.0f ms, late p50 %.2f ms, p99 %.2f ms\n", what, r.ticks, r.elapsed_ms, r.late_p50_ms,
                r.late_p99_ms);
    return r;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void tick() {
    using namespace std::chrono_literals;
    while (!stop_) {
      const Clock::time_point due = Clock::now() + 1ms;
      sleep_until(due);
      late_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
    }
  }
  // A machine that stands still now and then counts as little; a runtime that is held up is so at every tick.
  double elapsed_ms() const {
    constexpr double kMostLate = 50;
    double sum = 0;
    for (const double late : late_ms_) sum += 1 + std::min(late, kMostLate);
    return sum;
  }
  double at(double quantile) const {
    return late_ms_.empty() ? 0
                            : late_ms_[static_cast<std::size_t>(quantile * static_cast<double>(late_ms_.size() - 1))];
  }

  std::atomic<bool> stop_{false};
  std::vector<double> late_ms_;
  Task<void> task_;
};

}  // namespace weft::foreign_test
