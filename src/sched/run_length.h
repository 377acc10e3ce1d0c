// How long goroutines run on a processor before they wait, yield or end: a moving average over sampled runs. It answers
// whether what is queued there is worth waking another core for.
#pragma once

#include <cstdint>

#include "weft/detail/atomic.h"
#include "weft/detail/timer_node.h"

namespace weft::sched {

/// The processor's holder writes; anybody may read the average.
class RunLength {
 public:
  /// Before anything is known: long, so that a program that has just begun spreads over the cores.
  static constexpr detail::MonotonicNanos kUnknown = 100'000;

  /// A sampled goroutine is about to run.
  void begin(detail::MonotonicNanos now) noexcept { started_ = now; }
  bool sampling() const noexcept { return started_ != 0; }
  /// It has come back. Weight 1/8: a rare long run among short ones counts for some twenty samples.
  void end(detail::MonotonicNanos now) noexcept {
    const detail::MonotonicNanos before = average();
    average_.store(before + (now - started_ - before) / 8, std::memory_order_relaxed);
    started_ = 0;
  }
  /// It will not come back here: the processor has another holder.
  void abandon() noexcept { started_ = 0; }
  /// What runs here was caught keeping the processor.
  void was_long() noexcept { average_.store(kUnknown, std::memory_order_relaxed); }

  detail::MonotonicNanos average() const noexcept { return average_.load(std::memory_order_relaxed); }

 private:
  detail::MonotonicNanos started_ = 0;  // 0: what runs is not sampled
  detail::Atomic<detail::MonotonicNanos> average_{kUnknown};
};

}  // namespace weft::sched
