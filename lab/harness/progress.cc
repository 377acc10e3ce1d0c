#include "lab/harness/progress.h"

#include <unistd.h>

#include <cstdio>

namespace lab {

Progress::Progress(int steps) : steps_(steps), terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::say(const std::string& line) {
  clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void Progress::round(const std::string& line) {
  if (!terminal_) say(line);
}

void Progress::step(const std::string& what) {
  if (terminal_) {
    const int percent = steps_ == 0 ? 100 : 100 * done_ / steps_;
    std::fprintf(stderr, "\r\033[K%3d %%  %s%s", percent, what.c_str(), estimate().c_str());
    std::fflush(stderr);
  }
  ++done_;
}

void Progress::clear() {
  if (!terminal_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

// A guess needs some steps to stand on.
std::string Progress::estimate() const {
  if (done_ < 4) return "";
  const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const int left = static_cast<int>(passed / done_ * (steps_ - done_));
  return "   about " + std::to_string(left) + " s left";
}

}  // namespace lab
