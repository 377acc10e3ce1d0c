#include "os/cpu_limit.h"

#include <sched.h>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

namespace weft::os {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::optional<std::string> first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return line;
}

// A quota of `quota` us in each `period` us, as CPUs; anything that is not a positive pair is no quota.
std::optional<double> as_cpus(const std::string& quota, const std::string& period) {
  try {
    const double q = std::stod(quota);
    const double p = std::stod(period);
    if (q > 0 && p > 0) return q / p;
  } catch (const std::exception&) {  // "max", "-1", garbage
  }
  return std::nullopt;
}

std::optional<double> quota_v2(const std::string& folder) {
  const std::optional<std::string> line = first_line(folder + "/cpu.max");
  if (!line) return std::nullopt;
  const std::vector<std::string> words = split(*line, ' ');
  return words.size() == 2 ? as_cpus(words[0], words[1]) : std::nullopt;
}

std::optional<double> quota_v1(const std::string& folder) {
  const auto quota = first_line(folder + "/cpu.cfs_quota_us");
  const auto period = first_line(folder + "/cpu.cfs_period_us");
  return quota && period ? as_cpus(*quota, *period) : std::nullopt;
}

struct Hierarchy {
  bool v2;
  std::string mount_point;  // where the hierarchy is mounted here
  std::string mount_root;   // which part of it is
  std::string own_path;     // where this process is in it
};

bool lists_cpu_controller(const std::string& controllers) {
  const std::vector<std::string> names = split(controllers, ',');
  return std::find(names.begin(), names.end(), "cpu") != names.end();
}

// Lines of /proc/self/cgroup: "0::/path" (v2), "N:cpu,cpuacct:/path" (v1).
std::string own_path(const std::string& root, bool v2) {
  std::ifstream in(root + "/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (v2 ? controllers.empty() : lists_cpu_controller(controllers)) return line.substr(second + 1);
  }
  return "";
}

std::vector<Hierarchy> find_hierarchies(const std::string& root) {
  std::vector<Hierarchy> found;
  std::ifstream in(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(in, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> mount = split(line.substr(0, dash), ' ');
    const std::vector<std::string> type = split(line.substr(dash + 3), ' ');
    if (mount.size() < 5 || type.empty()) continue;
    const bool v2 = type[0] == "cgroup2";
    if (!v2 && !(type[0] == "cgroup" && type.size() >= 3 && lists_cpu_controller(type[2]))) continue;
    found.push_back({v2, mount[4], mount[3], own_path(root, v2)});
  }
  return found;
}

// The tightest quota from this process's group up to the mounted root.
std::optional<double> tightest(const std::string& root, const Hierarchy& h) {
  std::string below = h.own_path;
  if (h.mount_root != "/" && below.starts_with(h.mount_root)) below.erase(0, h.mount_root.size());
  std::optional<double> least;
  while (true) {
    const std::string folder = root + h.mount_point + (below == "/" ? "" : below);
    const std::optional<double> quota = h.v2 ? quota_v2(folder) : quota_v1(folder);
    if (quota && (!least || *quota < *least)) least = quota;
    if (below.empty() || below == "/") return least;
    below.erase(below.rfind('/') == std::string::npos ? 0 : below.rfind('/'));
  }
}

int affinity_count() {
  for (int cpus = 1024; cpus <= (1 << 16); cpus *= 4) {  // the mask must be as wide as the kernel's
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    const int count = ::sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

CpuLimit read_cpu_limit(const std::string& root) {
  CpuLimit limit{affinity_count(), 0, 1};
  for (const Hierarchy& hierarchy : find_hierarchies(root)) {
    const std::optional<double> quota = tightest(root, hierarchy);
    if (quota && (limit.quota == 0 || *quota < limit.quota)) limit.quota = *quota;
  }
  limit.processors = limit.affinity;
  if (limit.quota > 0) limit.processors = std::min(limit.processors, static_cast<int>(std::ceil(limit.quota)));
  limit.processors = std::max(1, limit.processors);
  return limit;
}

}  // namespace weft::os
