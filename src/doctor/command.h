// doctor/command.h: `weft doctor`, all but the reading of its arguments.
#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace weft::doctor {

/// What ends as an exit code; docs/guide/doctor.md promises them.
enum class ExitCode { kHealthy = 0, kFindings = 1, kUnusable = 2 };

struct DoctorOptions {
  std::vector<std::string> targets;  // files, folders, URLs
  std::optional<int> pid;
  std::optional<std::string> binary;
  std::vector<std::string> logs;
  std::optional<std::string> before, after;  // folders or files: what a change did
  std::chrono::seconds seconds{30};
  bool leaks = false;               // asks a live service for its goroutineleak profile: one more collection there
  std::optional<std::string> save;  // a new folder for what a URL and the process say
  std::string token;                // bearer token for URLs
  bool insecure = false;            // TLS certificates are not verified
  bool quiet = false;               // no progress
  std::string fail_on = "warning";  // the least severity that makes the exit code 1: info, warning, high
  std::optional<std::string> json, html, sarif;  // files; "-": standard output in place of the text
  std::string version;
  bool colour = false;
  std::size_t width = 100;
};

/// The reports go to `out`, progress and errors to `err`.
ExitCode run_doctor(const DoctorOptions& options, std::ostream& out, std::ostream& err);
/// A rule's card; "all": the reference page of every rule. kUnusable: there is no such rule.
ExitCode explain(const std::string& rule, bool colour, std::ostream& out, std::ostream& err);

}  // namespace weft::doctor
