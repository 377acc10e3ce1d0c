// Walking stacks: the caller's own, one that is saved, one that a signal interrupted. libunwind does the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "os/context.h"

namespace weft::os {

/// Return addresses from the caller outwards, the innermost first. How many. Async-signal-safe.
std::size_t unwind_here(std::span<std::uintptr_t> out) noexcept;

/// The same for a context that is not running; the caller keeps it from running.
std::size_t unwind_saved(const SavedRegisters& registers, std::span<std::uintptr_t> out) noexcept;

/// The same from the point that a signal interrupted; `ucontext` is the handler's third argument. Async-signal-safe.
std::size_t unwind_interrupted(void* ucontext, std::span<std::uintptr_t> out) noexcept;

/// Where the interrupted code was and what its stack pointer was.
std::uintptr_t interrupted_stack_pointer(void* ucontext) noexcept;

}  // namespace weft::os
