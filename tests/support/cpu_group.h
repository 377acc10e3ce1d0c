// support/cpu_group.h: a real control group with a CPU quota, for what can only be tried in one: tests, and the lab.
// Needs root and a writable cpu controller, of version 1 or 2.
#pragma once

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include "os/cgroup.h"

namespace weft::testing {

/// Made below this process's own group, or as far up as one can be made; gone with this object, for which whoever is in
/// it must have ended.
class CpuGroup {
 public:
  /// Null where none can be made, and `why_not` says why.
  static std::unique_ptr<CpuGroup> make(std::string& why_not) {
    why_not = "no cpu controller is mounted";
    for (const os::CgroupFolders& hierarchy : os::find_cgroups("cpu", "")) {
      for (const std::string& above : hierarchy.folders) {
        // Version 2: a group has the controller if the one above hands it down.
        if (hierarchy.v2) std::ofstream(above + "/cgroup.subtree_control") << "+cpu";
        const std::string folder = above + "/weft-" + std::to_string(::getpid());
        if (::mkdir(folder.c_str(), 0755) != 0) {
          why_not = "no group can be made in " + above + " (" + std::strerror(errno) + ")";
          continue;
        }
        std::unique_ptr<CpuGroup> made(new CpuGroup(folder, hierarchy.v2));
        if (made->set_quota(kPeriodMicros)) return made;
        why_not = folder + " takes no CPU quota";
      }
    }
    return nullptr;
  }
  ~CpuGroup() {
    // The kernel takes a moment to forget who was in it.
    for (int tries = 0; ::rmdir(folder_.c_str()) != 0 && errno == EBUSY && tries < 1000; ++tries) ::usleep(1000);
  }
  CpuGroup(const CpuGroup&) = delete;
  CpuGroup& operator=(const CpuGroup&) = delete;

  static constexpr int kPeriodMicros = 100'000;

  /// In each period; below 0: none. False: refused.
  bool set_quota(int micros) const {
    const std::string amount = micros < 0 ? (v2_ ? "max" : "-1") : std::to_string(micros);
    if (v2_) return write("cpu.max", amount + " " + std::to_string(kPeriodMicros));
    return write("cpu.cfs_period_us", std::to_string(kPeriodMicros)) && write("cpu.cfs_quota_us", amount);
  }

  /// Moves the calling process there. Between fork() and exec: allocates, so not in a child of several threads.
  bool enter() const { return write("cgroup.procs", "0"); }

  std::string file(const std::string& name) const { return folder_ + "/" + name; }

 private:
  CpuGroup(std::string folder, bool v2) : folder_(std::move(folder)), v2_(v2) {}

  bool write(const char* name, const std::string& text) const {
    std::ofstream out(file(name));
    out << text << std::flush;
    return out.good();
  }

  std::string folder_;
  bool v2_;
};

}  // namespace weft::testing
