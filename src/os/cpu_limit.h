// How many CPUs this process may use: the container's quota, the affinity mask, the cores.
#pragma once

#include <string>

namespace weft::os {

struct CpuLimit {
  int affinity;    // CPUs in the affinity mask (it reflects the cpuset)
  double quota;    // CPUs granted by the tightest quota of this cgroup and its ancestors; 0: none
  int processors;  // what follows: min(affinity, ceil(quota)), at least 1
};

/// Reads /proc/self/cgroup, /proc/self/mountinfo and the cgroup files (v1, v2, hybrid) below `root` ("" in production).
CpuLimit read_cpu_limit(const std::string& root = "");

}  // namespace weft::os
