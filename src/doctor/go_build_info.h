// doctor/go_build_info.h: how a Go program was built, out of its file or of what `go version -m` printed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "doctor/elf_image.h"

namespace weft::doctor {

struct GoBuildInfo {
  std::string go_version;  // "go1.27.4"; of a newer experiment: "go1.27-... X:nodwarf5"
  std::optional<std::string> module;
  std::map<std::string, std::string> settings;
};

/// The build information that Go's linker left; nothing in a file without. Both of its forms: texts in place (since Go
/// 1.18), and pointers to Go strings. Never throws for a damaged one: what can't be read is left out.
std::optional<GoBuildInfo> find_go_build_info(const ElfImage& image);

/// Adds the lines "path", "mod", "build" of a module text, each behind a tab or not.
void read_module_text(std::string_view text, GoBuildInfo& info);

/// What `go version -m FILE` prints, its first program. Nothing: it is not that.
std::optional<GoBuildInfo> read_build_info_text(std::string_view text);

}  // namespace weft::doctor
