// How many CPUs this process may use: the container's quota, the affinity mask, the cores; and how often the quota
// stopped it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "os/cgroup.h"

namespace weft::os {

struct CpuLimit {
  int affinity;    // CPUs in the calling thread's affinity mask (it reflects the cpuset)
  double quota;    // CPUs granted by the tightest quota of this cgroup and its ancestors; 0: none
  int processors;  // what follows: min(affinity, ceil(quota)), at least 1
};

/// Of the group with the tightest quota, since it was made; all 0 where there is no quota. It may count back when
/// another group becomes the tightest.
struct CpuThrottling {
  std::int64_t periods = 0;          // of the quota, in which the group had something to run
  std::int64_t throttled = 0;        // those of them in which it was stopped
  std::int64_t throttled_nanos = 0;  // for how long, summed over its CPUs
};

/// Where this process's limits stand: found once, read as often as they may have changed.
class CpuLimits {
 public:
  /// Finds the cgroup files (v1, v2, hybrid) below `root` ("" in production). A process that is moved to another group
  /// later is not followed there.
  explicit CpuLimits(const std::string& root = "");

  /// Some system calls for each group. Takes no lock and no memory.
  CpuLimit read() const noexcept;
  CpuThrottling throttling() const noexcept;

 private:
  struct Group {
    bool v2;
    std::string quota;   // "cpu.max", or "cpu.cfs_quota_us"
    std::string period;  // v1 alone
    std::string stat;
  };
  struct Tightest {
    const Group* group = nullptr;  // null: no quota
    double quota = 0;
  };
  static double quota_of(const Group& group) noexcept;  // 0: none
  Tightest tightest() const noexcept;

  std::vector<Group> groups_;
};

}  // namespace weft::os
