#include "doctor/cgroup_files.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNoLimitBytes = 9e18;  // v1 writes the largest page-aligned number for "none"

struct Level {
  std::string folder;
  std::size_t depth = 0;  // components below the mount
  bool own = false;       // the process is in this very group
  bool v2 = false;
};

std::size_t count_slashes(std::string_view path) {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

// Recorders join "/sys/fs/cgroup/cpu/" and "/": the same file with one slash.
std::string without_doubled_slashes(std::string_view path) {
  std::string plain;
  for (const char c : path) {
    if (c != '/' || !plain.ends_with('/')) plain += c;
  }
  return plain;
}

// "key value" lines: cpu.stat, memory.stat.
std::optional<double> stat_field(std::string_view text, std::string_view key) {
  std::optional<double> value;
  for_each_line(text, [&](std::string_view line) {
    Cursor at(line);
    if (!value && at.skip(key) && at.skip(" ")) value = parse_number(trim(at.rest()));
  });
  return value;
}

// Knows the levels of one hierarchy, and the texts in their folders.
class Hierarchy {
 public:
  Hierarchy(const FileTexts& files, std::vector<Level> levels) : files_(files), levels_(std::move(levels)) {}

  const std::vector<Level>& levels() const noexcept { return levels_; }
  std::optional<std::string_view> text(const Level& level, std::string_view file) const {
    const auto found = files_.find(level.folder + "/" + std::string(file));
    return found == files_.end() ? std::nullopt : std::optional(trim(found->second));
  }
  // Of the group nearest to the process.
  std::optional<std::string_view> nearest(std::string_view file) const {
    for (const Level& level : levels_) {
      if (const auto found = text(level, file)) return found;
    }
    return std::nullopt;
  }

 private:
  const FileTexts& files_;
  std::vector<Level> levels_;  // the own group first
};

class GroupReader {
 public:
  GroupReader(const FileTexts& files, std::string_view proc_cgroup, std::string_view mountinfo)
      : proc_cgroup_(proc_cgroup), mounts_(read_cgroup_mounts(mountinfo)) {
    for (const auto& [path, text] : files) {
      if (!path.starts_with("/proc/")) files_.emplace(without_doubled_slashes(path), text);
    }
  }

  void read(ProcessState& state) const {
    for (const std::string_view controller : {"", "cpu"}) read_cpu(hierarchy(controller), state);
    for (const std::string_view controller : {"", "cpuset"}) read_cpuset(hierarchy(controller), state);
    for (const std::string_view controller : {"", "memory"}) read_memory(hierarchy(controller), state);
  }

 private:
  Hierarchy hierarchy(std::string_view controller) const {
    const auto own = own_cgroup_path(proc_cgroup_, controller);
    std::vector<Level> levels;
    if (!proc_cgroup_.empty() && !own) return {files_, levels};
    if (!mounts_.empty() && own) {
      levels = mounted_levels(controller, *own);
    } else {
      levels = guessed_levels(controller, own);
    }
    std::sort(levels.begin(), levels.end(), [](const Level& a, const Level& b) {
      return std::pair(b.depth, std::string_view(a.folder)) < std::pair(a.depth, std::string_view(b.folder));
    });
    return {files_, std::move(levels)};
  }

  std::vector<Level> mounted_levels(std::string_view controller, std::string_view own) const {
    std::vector<Level> levels;
    for (const CgroupMount& mount : mounts_) {
      if (mount.v2 != controller.empty()) continue;
      if (!mount.v2 && !has_part(mount.controllers, controller)) continue;
      bool first = true;
      for (std::string& folder : cgroup_levels(mount, own)) {
        const std::size_t depth = count_slashes(folder);
        levels.push_back({std::move(folder), depth, std::exchange(first, false), mount.v2});
      }
    }
    return levels;
  }

  // Every folder with files of groups that can be the own group or an ancestor.
  std::vector<Level> guessed_levels(std::string_view controller, const std::optional<std::string>& own) const {
    std::vector<Level> levels;
    std::string last_folder;
    for (const auto& [path, text] : files_) {
      std::string folder = path.substr(0, path.rfind('/'));
      if (folder == last_folder) continue;
      last_folder = folder;
      const auto below = below_mount(folder, controller);
      if (!below || !can_be_level(*below, own)) continue;
      const bool is_own = !own || *below == *own || (below->empty() && *own == "/");
      levels.push_back({std::move(folder), count_slashes(*below), is_own, controller.empty()});
    }
    return levels;
  }

  // The part of the folder below where its hierarchy seems to be mounted: a folder named for the controller, or for v2
  // "unified" or the folder of all hierarchies itself.
  static std::optional<std::string> below_mount(std::string_view folder, std::string_view controller) {
    std::size_t begin = 0;
    bool in_cgroup = false;
    while (begin < folder.size()) {
      std::size_t end = folder.find('/', begin + 1);
      if (end == std::string_view::npos) end = folder.size();
      const std::string_view part = folder.substr(begin + 1, end - begin - 1);
      const std::string_view rest = folder.substr(end);
      const bool root = part == "cgroup" || part == "cgroup2" || part == "unified";
      if (controller.empty() && root && !rest.starts_with("/unified")) return std::string(rest);
      if (!controller.empty() && in_cgroup && has_part(part, controller)) return std::string(rest);
      in_cgroup |= root;
      begin = end;
    }
    return std::nullopt;
  }

  static bool can_be_level(std::string_view below, const std::optional<std::string>& own) {
    if (!own || below.empty()) return true;
    std::string_view path = *own;
    while (path.starts_with("/..")) path.remove_prefix(3);
    const std::size_t at = path.find(below);  // anywhere: the mount's root is not known
    return at != std::string_view::npos && (at + below.size() == path.size() || path[at + below.size()] == '/');
  }

  static bool has_part(std::string_view list, std::string_view wanted) {
    bool found = false;
    for_each_part(list, ',', [&](std::string_view part) { found |= part == wanted; });
    return found;
  }

  // CPUs of the level's quota; infinity: it has none; nothing: it doesn't say.
  static std::optional<double> quota(const Hierarchy& groups, const Level& level) {
    std::string_view quota, period;
    if (level.v2) {
      const auto line = groups.text(level, "cpu.max");
      if (!line) return std::nullopt;
      Cursor at(*line);
      quota = at.word();
      at.skip_blanks();
      period = at.rest();
    } else {
      const auto quota_line = groups.text(level, "cpu.cfs_quota_us");
      const auto period_line = groups.text(level, "cpu.cfs_period_us");
      if (!quota_line || !period_line) return std::nullopt;
      quota = *quota_line;
      period = *period_line;
    }
    if (quota == "max" || quota == "-1") return kInfinity;
    const auto granted = parse_number(quota), in_each = parse_number(period);
    if (!granted || !in_each || !(*granted > 0) || !(*in_each > 0) || !std::isfinite(*granted)) return std::nullopt;
    return *granted / *in_each;
  }

  static void read_cpu(const Hierarchy& groups, ProcessState& state) {
    const Level* limiting = nullptr;
    const Level* throttled = nullptr;
    for (const Level& level : groups.levels()) {
      const auto cpus = quota(groups, level);
      if (cpus && std::isfinite(*cpus) && (!state.quota_cpus || *cpus < *state.quota_cpus)) {
        state.quota_cpus = *cpus;
        limiting = &level;
      }
      if (cpus && std::isinf(*cpus) && level.own && !state.quota_cpus) state.quota_cpus = kInfinity;
      const auto stat = groups.text(level, "cpu.stat");
      if (stat && throttled == nullptr && stat_field(*stat, "nr_periods").value_or(0) > 0) throttled = &level;
    }
    if (limiting == nullptr && !state.periods) limiting = throttled;  // of which the quota's file was not given
    if (limiting != nullptr) read_throttling(groups, *limiting, state);
    const auto pressure = groups.nearest("cpu.pressure");
    if (pressure && !state.cpu_pressure_percent) state.cpu_pressure_percent = some_avg10(*pressure);
  }

  static void read_throttling(const Hierarchy& groups, const Level& level, ProcessState& state) {
    const auto stat = groups.text(level, "cpu.stat");
    state.periods = stat ? stat_field(*stat, "nr_periods") : std::nullopt;
    state.throttled_periods = stat ? stat_field(*stat, "nr_throttled") : std::nullopt;
    state.throttled_seconds = std::nullopt;
    if (!stat) return;
    if (const auto micros = stat_field(*stat, "throttled_usec")) state.throttled_seconds = *micros * 1e-6;
    if (const auto nanos = stat_field(*stat, "throttled_time")) state.throttled_seconds = *nanos * 1e-9;
  }

  static std::optional<double> some_avg10(std::string_view pressure) {
    Cursor at(pressure);
    return at.skip("some avg10=") ? at.number() : std::nullopt;
  }

  static void read_cpuset(const Hierarchy& groups, ProcessState& state) {
    for (const std::string_view file : {"cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"}) {
      const auto list = groups.nearest(file);
      const auto cpus = list ? count_cpu_list(*list) : std::nullopt;
      if (!cpus || *cpus <= 0) continue;
      state.cpuset_cpus = std::min(state.cpuset_cpus.value_or(*cpus), *cpus);
      return;
    }
  }

  static std::optional<double> memory_limit(const Hierarchy& groups, const Level& level) {
    auto text = groups.text(level, level.v2 ? "memory.max" : "memory.limit_in_bytes");
    if (!text) return std::nullopt;
    if (*text == "max") return kInfinity;
    const auto bytes = parse_number(*text);
    if (!bytes || !(*bytes >= 0)) return std::nullopt;
    return *bytes >= kNoLimitBytes ? kInfinity : *bytes;
  }

  static void read_memory(const Hierarchy& groups, ProcessState& state) {
    const Level* limiting = nullptr;
    for (const Level& level : groups.levels()) {
      const auto bytes = memory_limit(groups, level);
      if (bytes && std::isfinite(*bytes) && (!state.memory_limit_bytes || *bytes < *state.memory_limit_bytes)) {
        state.memory_limit_bytes = *bytes;
        limiting = &level;
      }
      if (bytes && std::isinf(*bytes) && level.own && !state.memory_limit_bytes) state.memory_limit_bytes = kInfinity;
    }
    const auto stat = groups.nearest("memory.stat");
    const auto above = stat ? stat_field(*stat, "hierarchical_memory_limit") : std::nullopt;
    if (above && *above < kNoLimitBytes && *above < state.memory_limit_bytes.value_or(kInfinity)) {
      state.memory_limit_bytes = *above;
    }
    const std::string_view file =
        groups.levels().empty() || groups.levels()[0].v2 ? "memory.current" : "memory.usage_in_bytes";
    const auto used = limiting != nullptr ? groups.text(*limiting, file) : groups.nearest(file);
    if (used && (limiting != nullptr || !state.memory_used_bytes)) state.memory_used_bytes = parse_number(*used);
  }

  std::string_view proc_cgroup_;
  std::vector<CgroupMount> mounts_;
  FileTexts files_;
};

}  // namespace

void read_cgroups(const FileTexts& files, std::string_view proc_cgroup, std::string_view mountinfo,
                  ProcessState& state) {
  GroupReader(files, proc_cgroup, mountinfo).read(state);
}

}  // namespace weft::doctor
