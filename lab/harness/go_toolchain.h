// lab/harness/go_toolchain.h: find a Go toolchain and build the Go twins with it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lab/harness/scenario.h"

namespace lab {

struct GoToolchain {
  std::string program;
  std::string version;  // as `go version` says
};

/// True for "go version go1.23.4 linux/amd64" and newer.
bool new_enough(const std::string& version_line);

/// The first of PATH, /usr/lib/go-* (newest first) and /usr/local/go that is Go 1.23 or newer; `why_not` says what is
/// missing.
std::optional<GoToolchain> find_go(std::string& why_not);

/// Builds a scenario's Go program to `output`. Returns an empty text, or what went wrong.
std::string build_go_twin(const GoToolchain& go, const std::filesystem::path& lab_folder, const Scenario& scenario,
                          Program program, const std::filesystem::path& output);

}  // namespace lab
