// lab/support/service.h: a program under test that runs while another drives it: what it says, signals to it, its end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lab {

class Service {
 public:
  using Clock = std::chrono::steady_clock;

  /// Starts it; standard error stays the driver's. `before_exec` runs in the child, which must be of one thread; false
  /// ends it there. Throws std::system_error.
  explicit Service(std::vector<std::string> words, const std::function<bool()>& before_exec = [] { return true; });
  ~Service();  // kills it if it has not ended
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Its next line on standard output; nothing at its end, or when `limit` has passed.
  std::optional<std::string> line(std::chrono::milliseconds limit);
  /// Reads lines until one begins with `start`, and returns the rest of it. Ends the driver if none comes.
  std::string expect(const std::string& start);
  void send(int signal) const;

  /// Waits for its end. Nothing: it still runs after `limit`.
  std::optional<Clock::time_point> end(std::chrono::milliseconds limit);
  /// After end(): as a shell counts it.
  int exit_code() const { return exit_code_; }

 private:
  bool read_more(Clock::time_point until);  // false: its end, or too late

  pid_t child_ = -1;
  int out_ = -1;
  bool at_end_ = false;
  int exit_code_ = -1;
  std::string unread_;
};

}  // namespace lab
