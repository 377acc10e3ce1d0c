// Where the groups of a process stand: /proc/<pid>/cgroup, mountinfo.
#include <algorithm>
#include <set>

#include "doctor/cgroup_files.h"
#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostLevels = 256;

bool lists(std::string_view controllers, std::string_view controller) {
  bool found = false;
  for_each_part(controllers, ',', [&](std::string_view part) { found |= part == controller; });
  return found;
}

// mountinfo writes blanks and backslashes in octal: "\040".
std::string without_octal(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text[i] == '\\' ? parse_integer(text.substr(i + 1, 3), 8) : std::nullopt;
    if (code && *code > 0 && *code < 128) {
      plain += static_cast<char>(*code);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// "36 25 0:30 /docker/abc /sys/fs/cgroup/cpu ro,nosuid - cgroup cgroup rw,cpu,cpuacct"
std::optional<CgroupMount> read_mount(std::string_view line) {
  const std::size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> front, back;
  for_each_part(line.substr(0, dash), ' ', [&](std::string_view part) { front.push_back(part); });
  for_each_part(line.substr(dash + 3), ' ', [&](std::string_view part) { back.push_back(part); });
  if (front.size() < 5 || (back[0] != "cgroup2" && back[0] != "cgroup")) return std::nullopt;
  CgroupMount mount;
  mount.v2 = back[0] == "cgroup2";
  if (!mount.v2 && back.size() >= 3) mount.controllers = std::string(back[2]);
  mount.root = without_octal(front[3]);
  mount.mount_point = without_octal(front[4]);
  return mount;
}

}  // namespace

std::vector<CgroupMount> read_cgroup_mounts(std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  for_each_line(mountinfo, [&](std::string_view line) {
    if (auto mount = read_mount(line)) mounts.push_back(std::move(*mount));
  });
  return mounts;
}

std::optional<std::string> own_cgroup_path(std::string_view proc_cgroup, std::string_view controller) {
  std::optional<std::string> path;
  for_each_line(proc_cgroup, [&](std::string_view line) {
    Cursor at(line);
    const auto number = at.until(':');
    const auto controllers = number ? at.until(':') : std::nullopt;
    if (!controllers || path) return;
    if (controller.empty() ? controllers->empty() : lists(*controllers, controller)) path = std::string(at.rest());
  });
  return path;
}

std::vector<std::string> cgroup_levels(const CgroupMount& mount, std::string_view own_path) {
  // Of another namespace's groups only "/.." is said: then the mount's own folder is all there is.
  std::string_view below = own_path;
  if (mount.root != "/") {
    const bool inside =
        below.starts_with(mount.root) && (below.size() == mount.root.size() || below[mount.root.size()] == '/');
    below = inside ? below.substr(mount.root.size()) : std::string_view();
  }
  if (below.starts_with("/..")) below = {};
  std::vector<std::string> levels;
  while (levels.size() < kMostLevels) {
    while (below.ends_with('/')) below.remove_suffix(1);
    levels.push_back(mount.mount_point + std::string(below));
    if (below.empty()) break;
    below = below.substr(0, below.rfind('/') == std::string_view::npos ? 0 : below.rfind('/'));
  }
  return levels;
}

std::optional<double> count_cpu_list(std::string_view list) {
  constexpr std::int64_t kMostCpu = 1 << 20;
  std::set<std::pair<std::int64_t, std::int64_t>> ranges;
  bool good = !trim(list).empty() && list.size() < (1 << 16);
  for_each_part(good ? trim(list) : "", ',', [&](std::string_view part) {
    const std::size_t dash = part.find('-');
    const auto first = parse_integer(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_integer(part.substr(dash + 1));
    if (first && last && *first >= 0 && *first <= *last && *last < kMostCpu)
      ranges.emplace(*first, *last);
    else
      good = false;
  });
  if (!good) return std::nullopt;
  std::int64_t count = 0, next = 0;
  for (const auto& [first, last] : ranges) {
    count += std::max<std::int64_t>(0, last - std::max(first, next) + 1);
    next = std::max(next, last + 1);
  }
  return static_cast<double>(count);
}

}  // namespace weft::doctor
