// Reads the files of a live process and of its control groups.
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <memory>
#include <string_view>

#include "doctor/cgroup_files.h"
#include "doctor/process_files.h"
#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostBytes = 4 << 20;  // of one file; mountinfo of a host with many containers is the longest
constexpr std::size_t kMostTasks = 20'000;

std::optional<std::string> read_text(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  std::string text;
  char part[16384];
  ssize_t got = 0;
  while (text.size() < kMostBytes && (got = ::read(fd, part, sizeof part)) > 0) {
    text.append(part, static_cast<std::size_t>(got));
  }
  ::close(fd);
  if (got < 0 && text.empty()) return std::nullopt;
  return text;
}

void add(FileTexts& files, const std::string& path) {
  if (auto text = read_text(path)) files.insert_or_assign(path, std::move(*text));
}

void add_tasks(FileTexts& files, const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir(folder.c_str()), &::closedir);
  if (tasks == nullptr) return;
  std::size_t count = 0;
  while (const dirent* entry = ::readdir(tasks.get())) {
    if (entry->d_name[0] == '.' || ++count > kMostTasks) continue;
    add(files, folder + entry->d_name + "/schedstat");
  }
}

void add_groups(FileTexts& files, const std::string& proc_cgroup, const std::string& mountinfo) {
  constexpr std::string_view kV2[] = {"cpu.max",        "cpu.stat",    "cpu.pressure", "cpuset.cpus.effective",
                                      "memory.current", "memory.stat", "memory.max"};
  constexpr std::string_view kV1[] = {"cpu.cfs_quota_us",      "cpu.cfs_period_us",     "cpu.stat",
                                      "cpuset.effective_cpus", "cpuset.cpus",           "memory.limit_in_bytes",
                                      "memory.stat",           "memory.usage_in_bytes", "cpu.pressure"};
  for (const CgroupMount& mount : read_cgroup_mounts(mountinfo)) {
    std::optional<std::string> own;
    if (mount.v2) own = own_cgroup_path(proc_cgroup, "");
    for (const std::string_view controller : {"cpu", "cpuset", "memory"}) {
      bool listed = false;
      for_each_part(mount.controllers, ',', [&](std::string_view part) { listed |= part == controller; });
      if (!mount.v2 && listed && !own) own = own_cgroup_path(proc_cgroup, controller);
    }
    if (!own) continue;
    for (const std::string& folder : cgroup_levels(mount, *own)) {
      if (mount.v2) {
        for (const std::string_view file : kV2) add(files, folder + "/" + std::string(file));
      } else {
        for (const std::string_view file : kV1) add(files, folder + "/" + std::string(file));
      }
    }
  }
}

}  // namespace

std::optional<FileTexts> collect_process_files(int pid) {
  FileTexts files;
  const std::string folder = "/proc/" + std::to_string(pid) + "/";
  for (const char* file : {"stat", "status", "smaps_rollup", "schedstat", "cgroup", "environ"})
    add(files, folder + file);
  if (files.find(folder + "stat") == files.end()) return std::nullopt;
  add_tasks(files, folder + "task/");
  for (const char* path : {"/proc/stat", "/proc/meminfo", "/proc/pressure/cpu", "/sys/devices/system/cpu/online"}) {
    add(files, path);
  }
  // The paths in the process's cgroup file are as our namespace has them, and we read through our mounts.
  add(files, "/proc/self/mountinfo");
  const auto own = files.find(folder + "cgroup");
  const auto mounts = files.find("/proc/self/mountinfo");
  if (own != files.end() && mounts != files.end()) add_groups(files, own->second, mounts->second);
  return files;
}

}  // namespace weft::doctor
