// The control groups of this process: where the files of a controller stand, and reading them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::os {

/// The folders of one hierarchy that has a controller: this process's own group first, then those above it, as far as
/// they are mounted here. A folder may be missing.
struct CgroupFolders {
  bool v2;
  std::vector<std::string> folders;
};

/// Reads /proc/self/cgroup and /proc/self/mountinfo below `root` ("" in production). Version 2 is listed whatever its
/// controllers are: a file that is not there is no limit.
std::vector<CgroupFolders> find_cgroups(std::string_view controller, const std::string& root);

/// The beginning of a file, into `buffer`; nothing if it cannot be read. Takes no lock and no memory, so that the
/// monitor may call it.
std::optional<std::string_view> read_file(const std::string& path, std::span<char> buffer) noexcept;

/// The next word of `text`, which loses it; empty at the end.
std::string_view take_word(std::string_view& text) noexcept;

/// A whole number, all of `word`.
std::optional<std::int64_t> as_number(std::string_view word) noexcept;

}  // namespace weft::os
