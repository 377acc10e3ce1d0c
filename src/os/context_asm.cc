// make_context for the layouts of context_x86_64.S and context_aarch64.S.
#include <cstring>

#include "os/context.h"

extern "C" void weft_context_start();

namespace weft::os {

#if defined(__x86_64__)

namespace {
struct Frame {
  std::uint32_t mxcsr;
  std::uint16_t x87_control, padding;
  std::uintptr_t r15, r14, r13, r12, rbx, rbp, return_address;
};
}  // namespace

void* make_context(void* stack_top, ContextEntry entry) noexcept {
  // After the final `ret` the stack pointer is 16-byte aligned, as the call in weft_context_start wants it.
  auto* frame = reinterpret_cast<Frame*>(static_cast<std::byte*>(stack_top) - sizeof(Frame));
  *frame = Frame{};
  asm volatile("stmxcsr %0" : "=m"(frame->mxcsr));
  asm volatile("fnstcw %0" : "=m"(frame->x87_control));
  frame->r12 = reinterpret_cast<std::uintptr_t>(entry);
  frame->return_address = reinterpret_cast<std::uintptr_t>(&weft_context_start);
  return frame;
}

#elif defined(__aarch64__)

namespace {
struct Frame {
  std::uintptr_t x19_to_x28[10], x29, x30;
  std::uint64_t d8_to_d15[8], fpcr, padding;
};
static_assert(sizeof(Frame) == 176);
}  // namespace

void* make_context(void* stack_top, ContextEntry entry) noexcept {
  auto* frame = reinterpret_cast<Frame*>(static_cast<std::byte*>(stack_top) - sizeof(Frame));
  *frame = Frame{};
  asm volatile("mrs %0, fpcr" : "=r"(frame->fpcr));
  frame->x19_to_x28[0] = reinterpret_cast<std::uintptr_t>(entry);
  frame->x30 = reinterpret_cast<std::uintptr_t>(&weft_context_start);
  return frame;
}

#else
#error "no assembly context for this platform: configure with WEFT_CONTEXT=boost"
#endif

}  // namespace weft::os
