// tests/conformance/allocations.h: counts the program's allocations. Include it in one source file of a program: it
// replaces operator new and delete there.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace conformance {

inline std::atomic<long> allocated{0};
inline std::atomic<long> released{0};

/// Allocations so far.
inline long allocations() { return allocated; }
/// Allocations that have not been given back.
inline long live_allocations() { return allocated - released; }

inline void* counted_allocate(std::size_t bytes) {
  allocated.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes != 0 ? bytes : 1)) return memory;
  throw std::bad_alloc{};
}
inline void counted_release(void* memory) noexcept {
  if (memory != nullptr) released.fetch_add(1, std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace conformance

void* operator new(std::size_t bytes) { return conformance::counted_allocate(bytes); }
void operator delete(void* memory) noexcept { conformance::counted_release(memory); }
void operator delete(void* memory, std::size_t) noexcept { conformance::counted_release(memory); }
