// weft/detail/spawn.h: how a callable gets onto a fresh goroutine's stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weft/detail/machine.h"
#include "weft/error.h"

namespace weft {

/// Options of go() and spawn().
struct GoOptions {
  std::string_view name = {};   // shown in dumps; the first 31 bytes
  std::size_t stack_bytes = 0;  // 0: the default (WEFT_STACK_BYTES, else 256 KiB); rounded up to a size class
};

namespace detail {

/// A callable by reference, for the length of one call.
class FunctionRef {
 public:
  template <class F>
  explicit FunctionRef(F& f) noexcept : object_(std::addressof(f)), call_([](void* o) { (*static_cast<F*>(o))(); }) {}
  void operator()() const { call_(object_); }

 private:
  void* object_;
  void (*call_)(void*);
};

[[noreturn]] void throw_empty_function(const char* where);

/// Throws usage_error for a null function pointer, an empty std::function and their like (what nullptr can make).
template <class F>
void require_callable(const F& f, const char* where) {
  if constexpr (std::is_constructible_v<F, std::nullptr_t> && std::is_constructible_v<bool, const F&>) {
    if (!static_cast<bool>(f)) throw_empty_function(where);
  }
}

using GoroutineEntry = void (*)(void* callable);

/// A goroutine that has a stack and does not run yet.
struct FreshGoroutine {
  Goroutine* goroutine;
  void* storage;  // for the callable, near the top of its stack
};

inline constexpr std::size_t kMaxInlineCallable = 1024;

/// Throws std::system_error(ENOMEM), usage_error.
FreshGoroutine new_goroutine(const GoOptions& options, GoroutineEntry entry, std::size_t bytes, std::size_t align);
void launch(Goroutine* goroutine) noexcept;
void abandon(Goroutine* goroutine) noexcept;
/// As go() from a plain thread does after run() has returned. A timer's callback does not, of itself: what a goroutine
/// armed waits for the next run() like the goroutine, what a plain thread armed since is a go() that comes later.
void resume() noexcept;

/// Runs the callable, then destroys it. An exception leaves this frame uncaught, so that std::terminate sees the whole
/// stack.
template <class Fn>
void invoke_and_destroy(void* storage) {
  Fn* fn = std::launder(static_cast<Fn*>(storage));
  (*fn)();
  std::destroy_at(fn);
}

template <class F>
void spawn_goroutine(const GoOptions& options, F&& f) {
  using Fn = std::decay_t<F>;
  if constexpr (sizeof(Fn) > kMaxInlineCallable || alignof(Fn) > 64) {
    spawn_goroutine(options, [boxed = std::make_unique<Fn>(std::forward<F>(f))] { (*boxed)(); });
  } else {
    FreshGoroutine fresh = new_goroutine(options, &invoke_and_destroy<Fn>, sizeof(Fn), alignof(Fn));
    if constexpr (std::is_nothrow_constructible_v<Fn, F&&>) {
      ::new (fresh.storage) Fn(std::forward<F>(f));
    } else {
      try {
        ::new (fresh.storage) Fn(std::forward<F>(f));
      } catch (...) {
        abandon(fresh.goroutine);
        throw;
      }
    }
    launch(fresh.goroutine);
  }
}

void run_main(FunctionRef main_fn, const int& exit_code);

/// Gives the processor away on construction; takes one again on destruction (or at the first call into weft before).
class BlockingScope {
 public:
  BlockingScope() noexcept;
  ~BlockingScope();
  BlockingScope(const BlockingScope&) = delete;
  BlockingScope& operator=(const BlockingScope&) = delete;
};

}  // namespace detail
}  // namespace weft
