#include "os/unwind.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <ucontext.h>
#include <cstring>

namespace weft::os {
namespace {

std::size_t walk(unw_cursor_t& cursor, std::span<std::uintptr_t> out) noexcept {
  std::size_t count = 0;
  while (count < out.size()) {
    unw_word_t pc = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 || pc == 0) break;
    out[count++] = static_cast<std::uintptr_t>(pc);
    if (unw_step(&cursor) <= 0) break;
  }
  return count;
}

void fill(unw_context_t& context, const SavedRegisters& r) noexcept {
  std::memset(&context, 0, sizeof context);
#if defined(__x86_64__)
  auto& g = context.uc_mcontext.gregs;
  g[REG_RIP] = static_cast<greg_t>(r.pc);
  g[REG_RSP] = static_cast<greg_t>(r.sp);
  g[REG_RBP] = static_cast<greg_t>(r.frame_pointer);
  g[REG_RBX] = static_cast<greg_t>(r.callee_saved[0]);
  g[REG_R12] = static_cast<greg_t>(r.callee_saved[1]);
  g[REG_R13] = static_cast<greg_t>(r.callee_saved[2]);
  g[REG_R14] = static_cast<greg_t>(r.callee_saved[3]);
  g[REG_R15] = static_cast<greg_t>(r.callee_saved[4]);
#elif defined(__aarch64__)
  context.uc_mcontext.pc = r.pc;
  context.uc_mcontext.sp = r.sp;
  for (int i = 0; i < 10; ++i) context.uc_mcontext.regs[19 + i] = r.callee_saved[i];
  context.uc_mcontext.regs[29] = r.frame_pointer;
#endif
}

}  // namespace

std::size_t unwind_here(std::span<std::uintptr_t> out) noexcept {
  unw_context_t context;
  unw_getcontext(&context);
  unw_cursor_t cursor;
  if (unw_init_local(&cursor, &context) != 0 || unw_step(&cursor) <= 0) return 0;
  return walk(cursor, out);
}

std::size_t unwind_saved(const SavedRegisters& registers, std::span<std::uintptr_t> out) noexcept {
  unw_context_t context;
  fill(context, registers);
  unw_cursor_t cursor;
  if (unw_init_local(&cursor, &context) != 0) return 0;
  return walk(cursor, out);
}

std::size_t unwind_interrupted(void* ucontext, std::span<std::uintptr_t> out) noexcept {
  unw_cursor_t cursor;
  if (unw_init_local2(&cursor, static_cast<unw_context_t*>(ucontext), UNW_INIT_SIGNAL_FRAME) != 0) return 0;
  return walk(cursor, out);
}

std::uintptr_t interrupted_stack_pointer(void* ucontext) noexcept {
  const auto& machine_context = static_cast<ucontext_t*>(ucontext)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(machine_context.gregs[REG_RSP]);
#elif defined(__aarch64__)
  return static_cast<std::uintptr_t>(machine_context.sp);
#else
  static_cast<void>(machine_context);
  return 0;
#endif
}

}  // namespace weft::os
