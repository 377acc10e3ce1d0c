#include "os/cgroup.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "os/errno_guard.h"

namespace weft::os {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

bool lists(const std::string& controllers, std::string_view controller) {
  const std::vector<std::string> names = split(controllers, ',');
  return std::find(names.begin(), names.end(), controller) != names.end();
}

// Lines of /proc/self/cgroup: "0::/path" (v2), "N:cpu,cpuacct:/path" (v1).
std::string own_path(const std::string& root, bool v2, std::string_view controller) {
  std::ifstream in(root + "/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (v2 ? controllers.empty() : lists(controllers, controller)) return line.substr(second + 1);
  }
  return "";
}

// The part of `path` below `mount_root`. A group that is not mounted here ("/../other", seen from a namespace) has none
// but the mount itself.
std::string below_mount(const std::string& path, const std::string& mount_root) {
  if (path.find("/..") != std::string::npos) return "";
  if (mount_root == "/") return path == "/" ? "" : path;
  if (!path.starts_with(mount_root)) return "";
  const std::string rest = path.substr(mount_root.size());
  return rest.empty() || rest[0] == '/' ? rest : "";
}

CgroupFolders folders_of(bool v2, const std::string& mount_point, std::string below) {
  CgroupFolders found{v2, {}};
  while (true) {
    found.folders.push_back(mount_point + below);
    if (below.empty()) return found;
    const std::size_t slash = below.rfind('/');
    below.erase(slash == std::string::npos ? 0 : slash);
  }
}

}  // namespace

std::vector<CgroupFolders> find_cgroups(std::string_view controller, const std::string& root) {
  std::vector<CgroupFolders> found;
  std::ifstream in(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(in, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> mount = split(line.substr(0, dash), ' ');
    const std::vector<std::string> type = split(line.substr(dash + 3), ' ');
    if (mount.size() < 5 || type.empty()) continue;
    const bool v2 = type[0] == "cgroup2";
    if (!v2 && !(type[0] == "cgroup" && type.size() >= 3 && lists(type[2], controller))) continue;
    found.push_back(folders_of(v2, root + mount[4], below_mount(own_path(root, v2, controller), mount[3])));
  }
  return found;
}

std::optional<std::string_view> read_file(const std::string& path, std::span<char> buffer) noexcept {
  const ErrnoGuard guard;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::size_t size = 0;
  ssize_t count = 0;
  while (size < buffer.size() && (count = ::read(fd, buffer.data() + size, buffer.size() - size)) > 0)
    size += static_cast<std::size_t>(count);
  ::close(fd);
  if (count < 0) return std::nullopt;
  return std::string_view(buffer.data(), size);
}

std::string_view take_word(std::string_view& text) noexcept {
  constexpr std::string_view kSpace = " \n\t";
  const std::size_t start = std::min(text.find_first_not_of(kSpace), text.size());
  const std::size_t end = std::min(text.find_first_of(kSpace, start), text.size());
  const std::string_view word = text.substr(start, end - start);
  text.remove_prefix(end);
  return word;
}

std::optional<std::int64_t> as_number(std::string_view word) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (word.empty() || error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return number;
}

}  // namespace weft::os
