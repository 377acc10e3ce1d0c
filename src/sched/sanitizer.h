// Telling ASan, TSan and valgrind about stacks and switches. Nearly empty in a plain build.
//
// Valgrind needs no build of its own: where its headers are found, a stack is announced when its slot is first built.
// That is a handful of instructions which valgrind alone understands; the number it answers is 0 elsewhere.
//
// A Fiber belongs to a context (a goroutine or a machine's scheduler). before_switch runs on the stack that is left,
// after_switch on the one arrived at.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WEFT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEFT_TSAN 1
#endif
#endif

#if !defined(WEFT_ASAN) && !defined(WEFT_TSAN) && __has_include(<valgrind/memcheck.h>)
#define WEFT_VALGRIND 1
#endif

#ifdef WEFT_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#ifdef WEFT_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef WEFT_VALGRIND
#include <valgrind/memcheck.h>
#endif

namespace weft::sched {

struct SanitizerFiber {
#ifdef WEFT_ASAN
  void* fake_stack = nullptr;
  const void* stack_bottom = nullptr;
  std::size_t stack_bytes = 0;
#endif
#ifdef WEFT_TSAN
  void* tsan_fiber = nullptr;
#endif
#ifdef WEFT_VALGRIND
  unsigned valgrind_stack = 0;  // 1 more than valgrind's number for it; 0: not under valgrind
#endif
};

/// Memory that is not from the allocator and points into what is: the leak checker looks there too.
inline void sanitizer_add_root([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef WEFT_ASAN
  __lsan_register_root_region(memory, bytes);
#endif
}

/// An object that is never freed. The end of the process may find it in nobody's hands but a running thread's, whose
/// registers and fake frames the leak checker does not all see.
inline void sanitizer_never_freed([[maybe_unused]] const void* object) noexcept {
#ifdef WEFT_ASAN
  __lsan_ignore_object(object);
#endif
}

/// A slot is built, at its first use or the first since its pages went back: its stack is `low` to `high`.
inline void sanitizer_new_stack([[maybe_unused]] SanitizerFiber& fiber, [[maybe_unused]] const void* low,
                                [[maybe_unused]] const void* high) noexcept {
#ifdef WEFT_VALGRIND
  if (RUNNING_ON_VALGRIND != 0) fiber.valgrind_stack = VALGRIND_STACK_REGISTER(low, high) + 1;
#endif
}

/// What is between `low` and `high` is written before the first switch to the new goroutine: its callable, its first
/// frame. The last user of the stack left there what memcheck takes for popped.
inline void sanitizer_open_first_frames([[maybe_unused]] SanitizerFiber& fiber, [[maybe_unused]] const void* low,
                                        [[maybe_unused]] const void* high) noexcept {
#ifdef WEFT_VALGRIND
  if (fiber.valgrind_stack == 0) [[likely]]
    return;
  VALGRIND_MAKE_MEM_UNDEFINED(low, static_cast<const char*>(high) - static_cast<const char*>(low));
#endif
}

/// A goroutine gets its stack; a reused stack keeps its fiber.
inline void sanitizer_new_fiber([[maybe_unused]] SanitizerFiber& fiber, [[maybe_unused]] const void* bottom,
                                [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef WEFT_ASAN
  __asan_unpoison_memory_region(bottom, bytes);  // the last user's outermost frames never returned
  fiber.fake_stack = nullptr;                    // it ended with the last user
  fiber.stack_bottom = bottom;
  fiber.stack_bytes = bytes;
#endif
#ifdef WEFT_TSAN
  if (fiber.tsan_fiber == nullptr) fiber.tsan_fiber = __tsan_create_fiber(0);
#endif
}

/// The stack's pages, and the block that holds the fiber, go back.
inline void sanitizer_end_fiber([[maybe_unused]] SanitizerFiber& fiber) noexcept {
#ifdef WEFT_TSAN
  if (fiber.tsan_fiber != nullptr) __tsan_destroy_fiber(fiber.tsan_fiber);
#endif
#ifdef WEFT_VALGRIND
  if (fiber.valgrind_stack != 0) VALGRIND_STACK_DEREGISTER(fiber.valgrind_stack - 1);
#endif
}

/// The calling thread's own context, before its first switch.
inline void sanitizer_adopt_thread([[maybe_unused]] SanitizerFiber& fiber) noexcept {
#ifdef WEFT_TSAN
  fiber.tsan_fiber = __tsan_get_current_fiber();
#endif
}

inline void sanitizer_before_switch([[maybe_unused]] SanitizerFiber& from, [[maybe_unused]] SanitizerFiber& to,
                                    [[maybe_unused]] bool from_ends) noexcept {
#ifdef WEFT_ASAN
  __sanitizer_start_switch_fiber(from_ends ? nullptr : &from.fake_stack, to.stack_bottom, to.stack_bytes);
#endif
#ifdef WEFT_TSAN
  __tsan_switch_to_fiber(to.tsan_fiber, 0);
#endif
}

/// `arrived` is the context now running, `left` the one that was left (its bounds are learnt here if it is a thread's).
inline void sanitizer_after_switch([[maybe_unused]] SanitizerFiber& arrived,
                                   [[maybe_unused]] SanitizerFiber& left) noexcept {
#ifdef WEFT_ASAN
  const void* bottom = nullptr;
  std::size_t bytes = 0;
  __sanitizer_finish_switch_fiber(arrived.fake_stack, &bottom, &bytes);
  if (left.stack_bottom == nullptr) {
    left.stack_bottom = bottom;
    left.stack_bytes = bytes;
  }
#endif
}

}  // namespace weft::sched
