// How much memory this process may use: the container's limits.
#pragma once

#include <cstdint>
#include <string>

namespace weft::os {

/// Bytes; the tightest of this cgroup and its ancestors. 0: none.
struct MemoryLimit {
  std::uint64_t hard;  // memory.max, or v1's memory.limit_in_bytes: beyond it the kernel kills
  std::uint64_t high;  // memory.high: beyond it the kernel slows the group down

  /// What to stay below: the lesser of the two; 0: none.
  std::uint64_t tightest() const noexcept { return high != 0 && (hard == 0 || high < hard) ? high : hard; }
};

/// Reads the cgroup files (v1, v2, hybrid) below `root` ("" in production).
MemoryLimit read_memory_limit(const std::string& root = "");

}  // namespace weft::os
