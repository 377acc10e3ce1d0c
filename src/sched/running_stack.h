// The stack of a goroutine that runs, or of a plain thread that waits: the thread is asked by a signal (SIGURG, as Go
// does) and walks it itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sched/goroutine.h"

namespace weft::sched {

struct StackLook {
  std::size_t count = 0;  // 0: it stopped running, or its thread did not answer in time
  bool blocked = false;   // in a system call
};

/// A thread that is blocked in a call which a signal would end (poll, sleep) is left alone: then there is only where it
/// entered the kernel.
///
/// Return addresses into `out`, innermost first. A stand-in's thread answers whatever it does by then.
StackLook running_stack(const detail::Goroutine& g, std::span<std::uintptr_t> out) noexcept;

/// In the signal's handler: true when the signal was a request for this thread's stack, which is answered then.
bool answer_stack_request() noexcept;

/// In the child of a fork() nobody asks.
void reset_running_stack_after_fork() noexcept;

}  // namespace weft::sched
