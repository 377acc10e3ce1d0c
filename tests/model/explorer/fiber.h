// explorer/fiber.h: the stack of one of a model's threads, and the switch to and from it.
#pragma once

#include <csetjmp>
#include <memory>

#include <ucontext.h>

namespace model {

/// A place to continue at. _setjmp and _longjmp switch without a system call; ucontext makes the first entry.
struct Context {
  std::jmp_buf registers;
};

class Fiber {
 public:
  Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// The next switch_to() calls `entry(argument)` on this fiber's stack; what ran there before is forgotten. `entry`
  /// must not return.
  void prepare(void (*entry)(void*), void* argument);
  static void switch_to(Context& from, Fiber& to);
  static void switch_to(Context& from, Context& to);
  Context& context() { return context_; }

 private:
  static void enter(unsigned high, unsigned low);

  std::unique_ptr<char[]> stack_;
  ucontext_t fresh_;
  Context context_;
  bool is_fresh_ = false;
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
};

}  // namespace model
