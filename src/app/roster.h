// What a program has registered with its App: names, functions, what comes after what. No runtime in here.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "weft/app.h"

namespace weft::app {

struct Step {
  std::string name;
  detail::AppStep run;
};

struct Part : Step {
  std::vector<std::string> after;
};

struct Warmup : Step {
  bool required;
};

struct Server {
  std::string name;
  detail::AppServer calls;
  bool early;
};

struct Hook : Step {
  std::chrono::nanoseconds deadline;
  // Places in the order of what has happened, registrations of hooks and starts of parts: where it runs, backwards;
  // and of those at one place, the last registered first.
  std::size_t place = 0;
  std::size_t registered = 0;
};

/// The part of `name`, or parts.size().
std::size_t index_of(const std::vector<Part>& parts, std::string_view name) noexcept;

/// For each part the parts that it comes after; validations are done by then and left out.
///
/// Usage faults   usage_error for an unknown name, and for parts that wait for each other: it names them in turn
std::vector<std::vector<std::size_t>> start_order(const std::vector<Part>& parts, const std::vector<Step>& validations);

class Roster {
 public:
  explicit Roster(AppOptions options);

  const AppOptions options;
  // Written before run(), read after.
  std::vector<Step> validations;
  std::vector<Part> parts;
  std::vector<Warmup> warmups;
  std::vector<Server> servers;
  std::vector<Step> reloads;

  /// Throws usage_error if the name has stood in a call of `what` before, or once run() has begun.
  void admit(std::string_view what, const std::string& name);
  void begin_run();

  // From anywhere, at any time.
  void add_hook(Hook hook);
  void note_started(std::size_t part);
  /// Those to run, in the order in which to run them.
  std::vector<Hook> hooks_to_run();

 private:
  bool running_ = false;
  std::vector<std::string> names_;  // "start db"

  std::mutex lock_;
  // under lock_
  std::vector<Hook> hooks_;
  std::vector<std::size_t> started_at_;  // by part; 0: it has not started
  std::size_t places_ = 0;
};

}  // namespace weft::app
