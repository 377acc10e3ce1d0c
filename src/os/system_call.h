// What a thread of this process does in the kernel, and whether a signal would disturb it there.
#pragma once

#include <cstdint>

namespace weft::os {

struct SystemCall {
  enum class State : std::uint8_t {
    kNone,     // it computes, or is on its way
    kBlocked,  // it waits in the call
    kUnknown   // it waits, and the kernel does not tell where
  };
  State state = State::kUnknown;
  long number = -1;            // of kBlocked; -1: it waits elsewhere, say for a page
  std::uint64_t argument = 0;  // the first one
  std::uintptr_t pc = 0;       // where it entered the kernel
};

/// Reads /proc/self/task/ID/syscall; 2-5 us.
SystemCall system_call_of(std::int32_t thread_id) noexcept;

/// False: a handled signal may end the call with EINTR although its handler asks for a restart (SA_RESTART; the list is
/// in signal(7)). Calls that are not known to be restarted count as such.
bool survives_signals(const SystemCall& call) noexcept;

}  // namespace weft::os
