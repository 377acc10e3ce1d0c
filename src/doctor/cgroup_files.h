// doctor/cgroup_files.h: what the control groups of one process allow it, out of texts by path.
//
// WORDS   hierarchy  one tree of groups: the only one (v2), one of a controller (v1), both (hybrid)
//         own path   where the process is in it, as /proc/<pid>/cgroup says
//         level      the own group and each ancestor: a limit counts at every one, so the tightest of them holds
// A container sees only a part: the mount may show no more than the own group, while the own path is the host's; or the
// recorder left ancestors out. With mountinfo the folders of the levels are known. Without, a file counts if its folder
// can be a level. That a limit is "none" is only known if the own group was seen.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/process_files.h"

namespace weft::doctor {

/// One mounted tree of control groups.
struct CgroupMount {
  bool v2 = false;
  std::string controllers;  // v1: "cpu,cpuacct"
  std::string mount_point;
  std::string root;  // which part of the tree is mounted
};

/// The mounts in a mountinfo text.
std::vector<CgroupMount> read_cgroup_mounts(std::string_view mountinfo);

/// The process's path in the hierarchy with that controller; in v2's for an empty one. Nothing: it is in none.
std::optional<std::string> own_cgroup_path(std::string_view proc_cgroup, std::string_view controller);

/// The folders of the levels below the mount, the own group first.
std::vector<std::string> cgroup_levels(const CgroupMount& mount, std::string_view own_path);

/// Fills in quota_cpus, cpuset_cpus, throttling, memory limit and use, and the CPU pressure.
void read_cgroups(const FileTexts& files, std::string_view proc_cgroup, std::string_view mountinfo,
                  ProcessState& state);

/// How many CPUs a list as "0-3,8" names; nothing for what is no list.
std::optional<double> count_cpu_list(std::string_view list);

}  // namespace weft::doctor
