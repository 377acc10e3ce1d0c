// support/child_program.h: the test's own program, started again in another role, with what it says, signals, and how
// it ended.
#pragma once

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::testing {

class ChildProgram {
 public:
  struct Options {
    std::vector<std::pair<std::string, std::string>> environment = {};
    std::function<bool()> before_exec = [] { return true; };  // false: the child ends with code 1
  };

  /// Runs this program with `role` as its one argument; standard output and error come by one pipe.
  explicit ChildProgram(const char* role) : ChildProgram(role, Options()) {}
  ChildProgram(const char* role, const Options& options) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::dup2(ends[1], STDERR_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
      if (options.before_exec()) ::execl("/proc/self/exe", "child", role, nullptr);
      ::_exit(1);
    }
    ::close(ends[1]);
    says_ = ::fdopen(ends[0], "r");
  }
  ~ChildProgram() {
    end();
    std::fclose(says_);
  }
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  pid_t pid() const { return pid_; }
  void send(int signal) const { ::kill(pid_, signal); }

  /// Its next line; empty at its end.
  std::string next_line() {
    std::string line;
    for (int c = std::fgetc(says_); c != EOF && c != '\n'; c = std::fgetc(says_)) line += static_cast<char>(c);
    if (!line.empty()) said_ += line + "\n";
    return line;
  }
  /// Reads on until a line has `text`. False: it ended without.
  bool wait_for(std::string_view text) {
    for (std::string line = next_line(); !line.empty() || std::feof(says_) == 0; line = next_line()) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }
  /// All that it has said, to its end.
  const std::string& all_said() {
    while (std::feof(says_) == 0) next_line();
    return said_;
  }

  /// Waits for its end; as a shell counts: 128 + the number of the signal that ended it.
  int exit_code() {
    all_said();
    if (pid_ > 0) {
      int status = 0;
      ::waitpid(pid_, &status, 0);
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      pid_ = -1;
    }
    return code_;
  }
  /// Kills it.
  void end() {
    if (pid_ <= 0) return;
    send(SIGKILL);
    exit_code();
  }

 private:
  pid_t pid_ = -1;
  int code_ = -1;
  std::FILE* says_ = nullptr;
  std::string said_;
};

}  // namespace weft::testing
