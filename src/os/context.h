// Switching between stacks: the one place that knows what a saved context looks like.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
/// Saves the callee-saved registers on the current stack and its pointer in *save_sp, then resumes the context at
/// load_sp.
void weft_switch_context(void** save_sp, void* load_sp);
}

namespace weft::os {

/// Finds out itself what it is to run; must not return.
using ContextEntry = void (*)();

/// Lays a first frame below `stack_top` (16-byte aligned), so that switching to the result calls entry(). The process
/// has
/// one entry (Boost.Context's first jump carries no second argument).
void* make_context(void* stack_top, ContextEntry entry) noexcept;
constexpr std::size_t kFirstFrameBytes = 256;  // no make_context writes further below stack_top than that

/// What an unwinder needs to walk a stack that is not running.
struct SavedRegisters {
  std::uintptr_t pc = 0, sp = 0, frame_pointer = 0;
  std::uintptr_t callee_saved[10] = {};  // x86-64: rbx, r12..r15; AArch64: x19..x28
};

/// False where the layout is not known (the Boost.Context fallback).
bool read_context(void* saved_sp, SavedRegisters& registers) noexcept;

}  // namespace weft::os
