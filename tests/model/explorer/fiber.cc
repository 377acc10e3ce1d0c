#undef _FORTIFY_SOURCE  // which would take a longjmp to another stack for a mistake

#include "explorer/fiber.h"

#include <cstddef>
#include <cstdint>

namespace model {
namespace {
constexpr std::size_t kStackBytes = 256 << 10;
}

Fiber::Fiber() : stack_(new char[kStackBytes]) { getcontext(&fresh_); }

void Fiber::prepare(void (*entry)(void*), void* argument) {
  entry_ = entry;
  argument_ = argument;
  is_fresh_ = true;
  fresh_.uc_stack.ss_sp = stack_.get();
  fresh_.uc_stack.ss_size = kStackBytes;
  fresh_.uc_link = nullptr;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&fresh_, reinterpret_cast<void (*)()>(&Fiber::enter), 2, static_cast<unsigned>(self >> 32),
              static_cast<unsigned>(self));
}

void Fiber::enter(unsigned high, unsigned low) {
  auto* self = reinterpret_cast<Fiber*>(static_cast<std::uintptr_t>(high) << 32 | low);
  self->entry_(self->argument_);
}

void Fiber::switch_to(Context& from, Fiber& to) {
  if (!to.is_fresh_) return switch_to(from, to.context_);
  to.is_fresh_ = false;
  if (_setjmp(from.registers) == 0) setcontext(&to.fresh_);
}

void Fiber::switch_to(Context& from, Context& to) {
  if (_setjmp(from.registers) == 0) _longjmp(to.registers, 1);
}

}  // namespace model
