// lab/harness/process.h: run a program, get what it wrote and how it ended.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace lab {

struct Command {
  std::vector<std::string> words;  // the program (looked up in PATH unless it has a slash), then its arguments
  std::vector<std::string> environment = {};  // NAME=value, in place of or beside what the harness has itself
  std::string folder = {};                    // to run in; empty: where the harness runs
  std::chrono::seconds limit{120};            // longer: the program is killed
};

struct Ended {
  std::string out;
  std::string err;
  int exit_code = -1;  // as a shell counts: 128 + number for a signal; 127 when it could not be started
  bool timed_out = false;

  bool ok() const { return exit_code == 0 && !timed_out; }
  /// How it ended, in words, with the end of what it wrote on standard error.
  std::string describe() const;
};

/// Never throws for what the program does; std::system_error when the machine has no process or pipe left.
Ended run_program(const Command& command);

}  // namespace lab
