// lab/support/program.h: what every weft program of the lab shares: arguments, clock, work, memory figures, the JSON
// line. Its Go counterpart is lab/support/go; the two take the same arguments, compute the same and name their measures
// alike.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace lab {

using Clock = std::chrono::steady_clock;

/// The program's arguments, all of the form `--name value`. One that is missing or malformed ends the program: exit
/// code 2.
class Arguments {
 public:
  Arguments(int argc, char** argv);

  const std::string& text(const std::string& name) const;
  std::int64_t integer(const std::string& name) const;
  std::size_t size(const std::string& name) const { return static_cast<std::size_t>(integer(name)); }
  /// Reads an argument in the unit that its name ends in.
  std::chrono::milliseconds milliseconds(const std::string& name) const {
    return std::chrono::milliseconds(integer(name));
  }
  std::chrono::microseconds microseconds(const std::string& name) const {
    return std::chrono::microseconds(integer(name));
  }

 private:
  std::map<std::string, std::string> values_;
};

/// The measures of one run, printed as the one JSON line that the harness reads.
class Report {
 public:
  void set(std::string_view key, double value);
  void set(std::string_view key, std::int64_t value);
  void set(std::string_view key, std::string_view text);
  void print() const;

 private:
  std::map<std::string, std::string, std::less<>> fields_;  // key to JSON value
};

/// CPU work that no compiler shortens: each round depends on the one before.
inline std::uint64_t burn(std::int64_t rounds, std::uint64_t seed) noexcept {
  std::uint64_t x = seed | 1;
  for (std::int64_t i = 0; i < rounds; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

/// Repeats `block`, which does `operations` of them, until `least` has passed; returns ns an operation.
template <class Block>
double per_operation(std::chrono::nanoseconds least, std::int64_t operations, Block&& block) {
  const Clock::time_point start = Clock::now();
  for (std::int64_t blocks = 1;; ++blocks) {
    block();
    const std::chrono::nanoseconds passed = Clock::now() - start;
    if (passed >= least) return static_cast<double>(passed.count()) / static_cast<double>(blocks * operations);
  }
}

/// The value below which `share` (0..1) of the values lie; sorts them.
std::int64_t percentile(std::span<std::int64_t> values, double share);

/// The most memory that the process ever had resident.
std::int64_t peak_resident_bytes();

/// The pages that the process touched for the first time.
std::int64_t page_faults();

inline double milliseconds_of(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }
inline double megabytes_of(std::int64_t bytes) { return static_cast<double>(bytes) / 1e6; }

}  // namespace lab
