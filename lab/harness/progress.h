// lab/harness/progress.h: says on standard error how far the lab is: one line that changes on a terminal, else a line a
// round.
#pragma once

#include <chrono>
#include <string>

namespace lab {

class Progress {
 public:
  /// `steps`: how many program runs there will be.
  explicit Progress(int steps);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// A line that stays, on terminal and file alike.
  void say(const std::string& line);
  /// A round of programs begins: shown where the line cannot change.
  void round(const std::string& line);
  /// One more program runs: shown on a terminal.
  void step(const std::string& what);
  /// Takes the changing line away.
  void clear();

 private:
  std::string estimate() const;

  int steps_;
  int done_ = 0;
  bool terminal_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace lab
