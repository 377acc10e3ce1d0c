#include "lab/harness/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

extern char** environ;

namespace lab {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(int error, const char* what) { throw std::system_error(error, std::generic_category(), what); }

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) fail(errno, "pipe");
  }
  ~Pipe() {
    close_write();
    ::close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_write() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

// Our own environment with the command's entries in place of entries of the same name.
std::vector<std::string> merged_environment(const std::vector<std::string>& entries) {
  std::vector<std::string> result = entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view word = *entry;
    const std::string_view name = word.substr(0, word.find('=') + 1);
    bool replaced = false;
    for (const std::string& other : entries) replaced = replaced || other.starts_with(name);
    if (!replaced) result.emplace_back(word);
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// Returns 0 and the child's id, or an errno.
int spawn_child(const Command& command, const Pipe& out, const Pipe& err, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write_end(), STDERR_FILENO);
  if (!command.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());
  std::vector<std::string> words = command.words;
  std::vector<std::string> environment = merged_environment(command.environment);
  const int error =
      ::posix_spawnp(&child, words[0].c_str(), &actions, nullptr, pointers(words).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// Reads both pipes until both are at their end. False: the limit passed first.
bool read_all(int out_fd, int err_fd, Clock::time_point end, Ended& ended) {
  std::array<pollfd, 2> polled{{{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}}};
  std::array<std::string*, 2> texts{&ended.out, &ended.err};
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    if (::poll(polled.data(), polled.size(), static_cast<int>(left)) < 0 && errno != EINTR) fail(errno, "poll");
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      std::array<char, 8192> buffer;
      const ssize_t count = ::read(polled[i].fd, buffer.data(), buffer.size());
      if (count > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(count));
      } else if (count == 0 || errno != EINTR) {
        polled[i].fd = -1;
      }
    }
  }
  return true;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::string Ended::describe() const {
  constexpr std::size_t kTail = 600;
  std::string text =
      timed_out ? "ran longer than its limit and was killed" : "ended with exit code " + std::to_string(exit_code);
  std::string_view tail = err;
  while (!tail.empty() && tail.back() == '\n') tail.remove_suffix(1);
  if (tail.size() > kTail) tail.remove_prefix(tail.size() - kTail);
  return tail.empty() ? text : text + ": " + std::string(tail);
}

Ended run_program(const Command& command) {
  Pipe out;
  Pipe err;
  Ended ended;
  pid_t child = 0;
  if (const int error = spawn_child(command, out, err, child); error != 0) {
    ended.exit_code = 127;
    ended.err = command.words[0] + ": " + std::generic_category().message(error);
    return ended;
  }
  out.close_write();
  err.close_write();
  ended.timed_out = !read_all(out.read_end(), err.read_end(), Clock::now() + command.limit, ended);
  if (ended.timed_out) ::kill(child, SIGKILL);
  ended.exit_code = wait_for(child);
  return ended;
}

}  // namespace lab
