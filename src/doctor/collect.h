// doctor/collect.h: evidence from running things: a debug server's URL, a process of this machine.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "doctor/evidence.h"

namespace weft::doctor {

struct CollectOptions {
  std::chrono::seconds cpu_seconds{30};
  std::chrono::seconds answer_timeout{60};  // beyond the profile's own seconds: an overloaded service answers late
  std::chrono::seconds busy_timeout{10};    // how long to wait for somebody else's CPU profile to end
  bool leak_profile = false;                // asks for goroutineleak, which runs a collection
  bool verify_tls = true;
  std::string bearer_token;           // for the debug server; a user in the URL goes before it
  std::filesystem::path save_folder;  // where to keep what was read, for the same report later; empty: nowhere
  /// Told what is going on, for a progress line; called from the collecting thread.
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

/// Asks a debug server: heap and goroutine profiles and metrics, a CPU profile meanwhile, and the same once more;
/// goroutine counts in between. `url` is the server's root, or any of its debug or metrics pages. What does not answer
/// is noted in `evidence.unread`. Errors: std::system_error / std::runtime_error when nothing answers at all.
void collect_url(Evidence& evidence, const std::string& url, const CollectOptions& options);

/// Two looks at /proc and the control groups `cpu_seconds` (at most 10) apart, the executable, the environment.
/// Errors: std::system_error when there is no such process.
void collect_pid(Evidence& evidence, int pid, const CollectOptions& options);

}  // namespace weft::doctor
