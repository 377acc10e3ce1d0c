#include "os/unwind.h"

#include <unwind.h>
#include <array>

#include "os/context.h"

namespace weft::os {
namespace {

struct Trace {
  std::span<std::uintptr_t> out;
  bool (*starts_after)(_Unwind_Context*);  // the last frame that is not of the stack asked for
  bool started = false;
  std::size_t count = 0;
};

_Unwind_Reason_Code visit(_Unwind_Context* context, void* raw) noexcept {
  Trace& trace = *static_cast<Trace*>(raw);
  if (!trace.started) {
    trace.started = trace.starts_after(context);
    return _URC_NO_REASON;
  }
  const std::uintptr_t pc = _Unwind_GetIP(context);
  if (pc == 0 || trace.count == trace.out.size()) return _URC_END_OF_STACK;
  trace.out[trace.count++] = pc;
  return _URC_NO_REASON;
}

bool any_frame(_Unwind_Context*) noexcept { return true; }

bool is_walk_frame(_Unwind_Context* context) noexcept {
  return _Unwind_GetRegionStart(context) == reinterpret_cast<std::uintptr_t>(&weft_walk_context);
}

_Unwind_Reason_Code visit_interrupted(_Unwind_Context* context, void* raw) noexcept {
  Trace& trace = *static_cast<Trace*>(raw);
  int before_instruction = 0;  // unlike a return address, the point of an interruption is
  static_cast<void>(_Unwind_GetIPInfo(context, &before_instruction));
  trace.started = trace.started || before_instruction != 0;
  return trace.started ? visit(context, raw) : _URC_NO_REASON;
}

}  // namespace

void prepare_to_unwind() noexcept {
  std::array<std::uintptr_t, 1> one;
  unwind_here(one);
}

// Not inlined, as unwind_interrupted: its own frame is the one to leave out.
[[gnu::noinline]] std::size_t unwind_here(std::span<std::uintptr_t> out) noexcept {
  Trace trace{out, &any_frame};
  _Unwind_Backtrace(&visit, &trace);
  return trace.count;
}

std::size_t unwind_saved(void* saved_sp, std::span<std::uintptr_t> out) noexcept {
  Trace trace{out, &is_walk_frame};
  weft_walk_context(saved_sp, [](void* argument) { _Unwind_Backtrace(&visit, argument); }, &trace);
  return trace.count;
}

[[gnu::noinline]] std::size_t unwind_interrupted(std::span<std::uintptr_t> out) noexcept {
  Trace trace{out, nullptr};
  _Unwind_Backtrace(&visit_interrupted, &trace);
  if (trace.started) return trace.count;
  // A sanitizer has put the signal off and calls the handler as a function: the whole stack is what it interrupts.
  Trace whole{out, &any_frame};
  _Unwind_Backtrace(&visit, &whole);
  return whole.count;
}

}  // namespace weft::os
