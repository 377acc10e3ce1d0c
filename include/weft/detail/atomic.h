// weft/detail/atomic.h: the one door to atomics for the runtime's lock-free code.
//
// The model checker (tests/model) puts a file of the same name in front of this one, so the very code that ships is
// what it explores. Code that is to be checked uses Atomic<T>, fence_seq_cst() and cpu_relax() and nothing else.
#pragma once

#include <atomic>

#if defined(__has_feature)  // GCC 12 lacks it, and parses what follows an && all the same
#define WEFT_CLANG_TSAN __has_feature(thread_sanitizer)
#else
#define WEFT_CLANG_TSAN 0
#endif

namespace weft::detail {

template <class T>
using Atomic = std::atomic<T>;

/// A full fence; each use names the fence that it pairs with.
inline void fence_seq_cst() noexcept {
#if defined(__SANITIZE_THREAD__) || WEFT_CLANG_TSAN
  // ThreadSanitizer does not model fences; a read-modify-write of one shared word orders the same pairs.
  static std::atomic<unsigned> fence_word{0};
  fence_word.fetch_add(1, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

/// Keeps the compiler, not the CPU, from moving memory accesses across; the heavy side is os::membarrier().
inline void compiler_barrier() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

/// Tells the CPU that this is a spin loop.
inline void cpu_relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace weft::detail
