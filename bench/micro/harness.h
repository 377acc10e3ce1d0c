// bench/micro/harness.h: what every benchmark program shares: rows by name, the calibrated measurement, the JSON line.
// Not here: any runtime. The programs of weft, Boost.Fiber and std::thread all stand on it; go/harness.go is its twin.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::nanoseconds;

struct Config {
  Nanoseconds target = std::chrono::milliseconds(200);  // a measurement takes at least so long
  bool quick = false;                                   // fewer, shorter: to see that a row works
};
const Config& config();

/// One row: what `--row name` runs, on so many processors.
struct Row {
  std::string name;
  int processors;
  void (*body)(const std::string& name);
};

/// Adds a row to the program's list; meant for static objects beside the row's function.
struct Register {
  Register(std::string name, int processors, void (*body)(const std::string& name));
};

/// Runs a row's body inside the runtime that is measured.
using Enter = void (*)(const Row& row);

/// The programs' main: `--list`, `--row NAME`, `--quick`.
int bench_main(int argc, char** argv, Enter enter);

using Field = std::pair<const char*, double>;

/// Prints one measurement as a JSON line: `value` is what a goal is held against, `fields` go with it.
void emit(const std::string& name, double value, const char* unit, const std::vector<Field>& fields = {});

/// The next number of operations to try: 20 % beyond the target, at most ten times as many as before.
std::uint64_t next_count(std::uint64_t count, Nanoseconds elapsed);

/// How long `body()` takes.
template <class Body>
Nanoseconds timed(Body&& body) {
  const Clock::time_point start = Clock::now();
  body();
  return Clock::now() - start;
}

/// Nanoseconds an operation takes: `body(n)` does n of them and returns how long that took. The runs that were too
/// short are the warm-up.
template <class Body>
double nanoseconds_each(Body&& body) {
  std::uint64_t count = 256;
  for (;;) {
    const Nanoseconds elapsed = body(count);
    if (elapsed >= config().target) return static_cast<double>(elapsed.count()) / static_cast<double>(count);
    count = next_count(count, elapsed);
  }
}

/// The most frequent row: the time of an operation, in nanoseconds.
template <class Body>
void emit_each(const std::string& name, Body&& body) {
  emit(name, nanoseconds_each(std::forward<Body>(body)), "ns");
}

/// How late things were, or how long they took. Not thread-safe: one writer.
class Lateness {
 public:
  Lateness() = default;
  explicit Lateness(std::vector<std::int64_t> nanoseconds) : samples_(std::move(nanoseconds)) {}

  void add(Nanoseconds late) { samples_.push_back(late.count()); }

  /// Prints p99 as the value, with p50, max, the number of samples, and `more`.
  void emit_milliseconds(const std::string& name, const std::vector<Field>& more = {});
  /// Prints the median as the value, with p99 and max: where the usual case counts.
  void emit_median_milliseconds(const std::string& name);

  double p99_milliseconds();

 private:
  void sort();

  double percentile_milliseconds(double fraction) const;

  std::vector<std::int64_t> samples_;  // nanoseconds
};

/// When a tick of a ticker is due: the first one on the grid `start + k * period` after the last receipt.
class TickGrid {
 public:
  TickGrid(Clock::time_point start, Nanoseconds period) : start_(start), last_(start), period_(period) {}

  /// Notes a receipt at `now`; returns how late it was.
  Nanoseconds receive(Clock::time_point now) {
    const Clock::time_point due = start_ + ((last_ - start_) / period_ + 1) * period_;
    last_ = now;
    return std::max(Nanoseconds(0), Nanoseconds(now - due));
  }

 private:
  Clock::time_point start_;
  Clock::time_point last_;
  Nanoseconds period_;
};

/// Resident memory and page tables of this process.
struct Memory {
  double resident_bytes;
  double page_table_bytes;
};
Memory read_memory();

/// Work that no compiler removes: about 1 ns a step, the same chain of multiplications in every language.
std::uint64_t burn(int steps, std::uint64_t seed);
inline constexpr int kStepsOf100Nanoseconds = 100;

}  // namespace bench
