// What a dying process says: an exception that left a goroutine, a stack overflow, SIGQUIT.
#pragma once

#include <cstddef>

namespace weft::sched {

inline constexpr std::size_t kMainStackBytes = 4 << 20;

/// std::terminate handler, SIGSEGV/SIGBUS handler for guard pages, SIGQUIT handler (unless the program has taken it).
/// Once.
void install_crash_reports() noexcept;

}  // namespace weft::sched
