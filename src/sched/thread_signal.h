// The one signal (SIGURG, as in Go) by which the runtime reaches a thread that does not come by: to walk its stack
// (running_stack.h, long_runner.h) or to hold it (preempt.h). Handlers of the program for that signal are still called
// when it is not ours.
#pragma once

#include <csignal>
#include <cstdint>

namespace weft::sched {

inline constexpr int kThreadSignal = SIGURG;  // ignored by default, and few programs use it

/// Once; true when it is there.
bool install_signal_handler() noexcept;

/// Sends it. Installs the handler at the first call. False: the thread is gone.
bool interrupt_thread(std::int32_t thread_id) noexcept;

}  // namespace weft::sched
