#include "lab/support/service.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace lab {

Service::Service(std::vector<std::string> words, const std::function<bool()>& before_exec) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  child_ = ::fork();
  if (child_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child_ == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    if (before_exec()) ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  out_ = ends[0];
}

Service::~Service() {
  if (exit_code_ < 0) {
    send(SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  ::close(out_);
}

void Service::send(int signal) const { ::kill(child_, signal); }

bool Service::read_more(Clock::time_point until) {
  if (at_end_) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd polled{out_, POLLIN, 0};
  if (left <= 0 || ::poll(&polled, 1, static_cast<int>(left)) <= 0) return false;
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(out_, buffer.data(), buffer.size());
  at_end_ = count <= 0;
  if (count > 0) unread_.append(buffer.data(), static_cast<std::size_t>(count));
  return !at_end_;
}

std::optional<std::string> Service::line(std::chrono::milliseconds limit) {
  const Clock::time_point until = Clock::now() + limit;
  while (unread_.find('\n') == std::string::npos) {
    if (!read_more(until)) return std::nullopt;
  }
  const std::size_t end = unread_.find('\n');
  std::string found = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return found;
}

std::string Service::expect(const std::string& start) {
  constexpr std::chrono::seconds kPatience{90};
  while (const auto found = line(kPatience)) {
    if (found->starts_with(start)) return found->substr(start.size());
  }
  std::fprintf(stderr, "the program under test has not said '%s'\n", start.c_str());
  std::exit(1);
}

std::optional<Service::Clock::time_point> Service::end(std::chrono::milliseconds limit) {
  const Clock::time_point until = Clock::now() + limit;
  while (read_more(until)) {
  }
  if (!at_end_) return std::nullopt;
  int status = 0;
  ::waitpid(child_, &status, 0);
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return Clock::now();
}

}  // namespace lab
