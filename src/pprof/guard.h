// pprof/guard.h: where a reader is, for its messages, and how much more it may take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "pprof/numbers.h"
#include "pprof/reader.h"

namespace weft::pprof {

/// What bounds and names the reading of one profile. A small file may claim much: the same long string as the name of a
/// million functions, a label of four bytes that takes a hundred in memory.
class Guard {
 public:
  explicit Guard(std::size_t most_bytes) : left_bytes_(most_bytes) {}

  /// From here on errors name this part, counted from 1 in the order of the file.
  void enter(std::string_view part, std::size_t number) {
    part_ = part;
    part_number_ = number;
  }
  /// Between parts.
  void leave() { part_ = {}; }
  bool inside() const { return !part_.empty(); }

  /// A field of the format was met: the bytes are most likely a profile.
  void recognize() { recognized_ = true; }
  bool recognized() const { return recognized_; }

  [[noreturn]] void fail(const std::string& what) const {
    std::string text = recognized_ ? "damaged profile: " : "not a pprof profile: ";
    if (inside()) text += std::string(part_) + " " + grouped(part_number_) + ": ";
    throw BadProfile(text + what);
  }

  /// Takes room for `count` things before they are made. Indices have 31 bits.
  void charge(std::size_t count, std::size_t bytes_each) {
    constexpr std::size_t kMostIndex = std::numeric_limits<std::int32_t>::max();
    if (count > kMostIndex || (count != 0 && left_bytes_ / count < bytes_each)) {
      fail("the profile takes more memory than the limit allows");
    }
    left_bytes_ -= count * bytes_each;
  }

 private:
  std::size_t left_bytes_;
  std::string_view part_;
  std::size_t part_number_ = 0;
  bool recognized_ = false;
};

}  // namespace weft::pprof
