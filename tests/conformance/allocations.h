// tests/conformance/allocations.h: counts the program's allocations. Include it in one source file of a program: it
// replaces operator new and delete there. The sanitizers have their own: under them nothing is counted, and the tests
// that count skip.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFORMANCE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CONFORMANCE_SANITIZED 1
#endif
#endif

namespace conformance {

#ifdef CONFORMANCE_SANITIZED
inline constexpr bool kCountsAllocations = false;
#else
inline constexpr bool kCountsAllocations = true;
#endif

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

#ifndef CONFORMANCE_SANITIZED
void* operator new(std::size_t bytes) { return conformance::counted_allocate(bytes); }
void operator delete(void* memory) noexcept { conformance::counted_release(memory); }
void operator delete(void* memory, std::size_t) noexcept { conformance::counted_release(memory); }
#endif
