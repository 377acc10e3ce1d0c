// support/control_group.h: a real control group, for what can only be tried in one: tests, and the lab. Needs root and
// a writable controller, of version 1 or 2. What is limited: cpu_group.h, memory_group.h.
#pragma once

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "os/cgroup.h"

namespace weft::testing {

/// Made below this process's own group, or as far up as one can be made; gone with this object, for which whoever is in
/// it must have ended.
class ControlGroup {
 public:
  ~ControlGroup() {
    // The kernel takes a moment to forget who was in it.
    for (int tries = 0; ::rmdir(folder_.c_str()) != 0 && errno == EBUSY && tries < 1000; ++tries) ::usleep(1000);
  }
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;

  /// Moves the calling process there. Between fork() and exec: allocates, so not in a child of several threads.
  bool enter() const { return write("cgroup.procs", "0"); }

  std::string file(const std::string& name) const { return folder_ + "/" + name; }

 protected:
  ControlGroup(std::string folder, bool v2) : folder_(std::move(folder)), v2_(v2) {}

  /// The first Group that can be made and takes a limit. Null where there is none, and `why_not` says why.
  template <class Group, class TakesLimit>
  static std::unique_ptr<Group> make(const std::string& controller, TakesLimit&& takes_limit, std::string& why_not) {
    why_not = "no " + controller + " controller is mounted";
    for (const os::CgroupFolders& hierarchy : os::find_cgroups(controller, "")) {
      for (const std::string& above : hierarchy.folders) {
        // Version 2: a group has the controller if the one above hands it down.
        if (hierarchy.v2) std::ofstream(above + "/cgroup.subtree_control") << "+" + controller;
        const std::string folder = above + "/weft-" + std::to_string(::getpid());
        if (::mkdir(folder.c_str(), 0755) != 0) {
          why_not = "no group can be made in " + above + " (" + std::strerror(errno) + ")";
          continue;
        }
        std::unique_ptr<Group> made(new Group(folder, hierarchy.v2));
        if (takes_limit(*made)) return made;
        why_not = folder + " takes no limit";
      }
    }
    return nullptr;
  }

  bool v2() const { return v2_; }
  bool write(const char* name, const std::string& text) const {
    std::ofstream out(file(name));
    out << text << std::flush;
    return out.good();
  }

 private:
  std::string folder_;
  bool v2_;
};

}  // namespace weft::testing
