// Walking stacks: the caller's own, one that is saved, one that a signal interrupted.
//
// The compiler's own unwinder does it (_Unwind_Backtrace), which every C++ program has: nothing is to be installed or
// loaded for it, and with GCC 12 and glibc 2.35 or newer it takes no lock. It starts from where it is called only; for
// a saved context weft_walk_context() lends it a frame whose caller is that context.
// REJECTED  libunwind: it exports _Unwind_* as well, and so took over every throw of the programs that linked it
//           libdw's unwinder: it allocates, so a thread stopped inside malloc could not be walked
// A frame without unwind tables (compiled with -fno-asynchronous-unwind-tables, or made at run time) ends the walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weft::os {

/// To be called before any signal handler walks: the unwinder's first use sets up its tables.
void prepare_to_unwind() noexcept;

/// Return addresses from the caller outwards, the innermost first. How many. Async-signal-safe.
std::size_t unwind_here(std::span<std::uintptr_t> out) noexcept;

/// The same for a context that weft_switch_context() saved; the caller keeps it from running. 0 where its layout is not
/// known.
std::size_t unwind_saved(void* saved_sp, std::span<std::uintptr_t> out) noexcept;

/// In a signal handler: the same from the point that the signal interrupted. Async-signal-safe.
std::size_t unwind_interrupted(std::span<std::uintptr_t> out) noexcept;

}  // namespace weft::os
