// A log-linear histogram of nanoseconds: 8 buckets an octave (12 % wide), one writer, any reader.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "weft/detail/atomic.h"

namespace weft::sched {

class LatencyHistogram {
 public:
  static constexpr std::uint32_t kSubBits = 3;
  static constexpr std::uint32_t kBuckets = 40 << kSubBits;  // up to 2^42 ns, 73 minutes; longer counts in the last

  /// One writer at a time.
  void record(std::int64_t nanos) noexcept {
    detail::Atomic<std::uint64_t>& count = counts_[bucket_of(nanos)];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  std::uint64_t count(std::uint32_t bucket) const noexcept { return counts_[bucket].load(std::memory_order_relaxed); }

  static std::uint32_t bucket_of(std::int64_t nanos) noexcept {
    const std::uint64_t n = nanos < 0 ? 0 : static_cast<std::uint64_t>(nanos);
    if (n < (1u << kSubBits)) return static_cast<std::uint32_t>(n);
    const auto octave = static_cast<std::uint32_t>(std::bit_width(n)) - kSubBits;  // >= 1
    const auto sub = static_cast<std::uint32_t>(n >> (octave - 1)) & ((1u << kSubBits) - 1);
    const std::uint32_t bucket = (octave << kSubBits) + sub;
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }

  /// The smallest value that falls into `bucket`.
  static std::int64_t lower_bound(std::uint32_t bucket) noexcept {
    const std::uint32_t octave = bucket >> kSubBits;
    const std::int64_t sub = bucket & ((1u << kSubBits) - 1);
    return octave == 0 ? sub : ((std::int64_t{1} << kSubBits) + sub) << (octave - 1);
  }

 private:
  std::array<detail::Atomic<std::uint64_t>, kBuckets> counts_{};
};

}  // namespace weft::sched
