// lab/support/allocations.h: counts what the program takes from the heap by operator new. A program that links it gets
// counting versions of the global operators.
#pragma once

#include <cstdint>

namespace lab {

struct Allocations {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  friend Allocations operator-(Allocations a, Allocations b) { return {a.count - b.count, a.bytes - b.bytes}; }
};

/// All since the program's start, of every thread.
Allocations allocations() noexcept;

}  // namespace lab
