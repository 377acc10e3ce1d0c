#include "lab/harness/go_toolchain.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "lab/harness/process.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr int kMinimumMinor = 23;

// The second number of "go1.23.4"; 0 when there is none.
int minor_version(const std::string& text) {
  int minor = 0;
  const std::size_t at = text.find("go1.");
  return at != std::string::npos && std::sscanf(text.c_str() + at, "go1.%d", &minor) == 1 ? minor : 0;
}

std::vector<std::string> candidates() {
  std::vector<std::pair<int, std::string>> packages;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib", ignored)) {
    int minor = 0;
    if (std::sscanf(entry.path().filename().c_str(), "go-1.%d", &minor) != 1) continue;
    packages.emplace_back(-minor, (entry.path() / "bin/go").string());
  }
  std::ranges::sort(packages);
  std::vector<std::string> result{"go"};
  for (auto& [order, path] : packages) result.push_back(std::move(path));
  result.emplace_back("/usr/local/go/bin/go");
  return result;
}

// No download, no toolchain switch, no module but ours, whatever the user's own settings are.
std::vector<std::string> environment(const fs::path& cache) {
  std::vector<std::string> result{"GOTOOLCHAIN=local", "GOPROXY=off", "GO111MODULE=on",
                                  "GOFLAGS=",          "GOWORK=off",  "CGO_ENABLED=1"};
  if (!cache.empty()) result.push_back("GOCACHE=" + cache.string());
  return result;
}

}  // namespace

bool new_enough(const std::string& version_line) { return minor_version(version_line) >= kMinimumMinor; }

std::optional<GoToolchain> find_go(std::string& why_not) {
  why_not = "no Go toolchain on PATH, in /usr/lib/go-* or in /usr/local/go";
  for (const std::string& program : candidates()) {
    const Ended ended = run_program({.words = {program, "version"}, .environment = environment({})});
    if (!ended.ok()) continue;
    const std::string version = ended.out.substr(0, ended.out.find('\n'));
    if (new_enough(version)) return GoToolchain{program, version};
    why_not = program + " is '" + version + "', and the twins need 1." + std::to_string(kMinimumMinor) + " or newer";
  }
  return std::nullopt;
}

std::string build_go_twin(const GoToolchain& go, const fs::path& lab_folder, const Scenario& scenario, Program program,
                          const fs::path& output) {
  const fs::path sources = lab_folder / scenario.folder / "go";
  std::vector<std::string> words{go.program, "build", "-trimpath", "-o", output.string()};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(sources, error)) {
    const std::string name = entry.path().filename().string();
    const bool other = name == (program == Program::go_before ? "after.go" : "before.go");
    if (name.ends_with(".go") && !other) words.push_back(entry.path().string());
  }
  if (error) return sources.string() + ": " + error.message();
  fs::create_directories(output.parent_path(), error);
  const Ended ended = run_program({.words = words,
                                   .environment = environment(output.parent_path().parent_path() / "go-cache"),
                                   .folder = lab_folder.string(),
                                   .limit = std::chrono::seconds(300)});
  return ended.ok() ? "" : "go build " + ended.describe();
}

}  // namespace lab
