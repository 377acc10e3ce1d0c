// A signal to a thread that computes, and only while it does.
#pragma once

#include <cstdint>
#include <ctime>

namespace weft::os {

/// True where a CPU timer's signal cannot end a system call early. tgkill()'s can: the thread may be in one by the time
/// it arrives, and nanosleep() or poll() then return EINTR even with SA_RESTART. A CPU timer expires at a tick that
/// hits the running thread, and where the kernel handles that on the way back to user code
/// (POSIX_CPU_TIMERS_TASK_WORK; x86-64: Linux 5.10, AArch64: 5.18 at the latest) a call that was under way has its
/// result by then.
bool cpu_timers_spare_system_calls() noexcept;

/// Has the kernel send `signal_number` with `value` (as SI_TIMER) to the thread when it has used `nanos` more of CPU.
/// False: no timer to be had.
bool start_cpu_timer(std::int32_t thread_id, int signal_number, void* value, std::int64_t nanos,
                     timer_t& timer) noexcept;
void stop_cpu_timer(timer_t timer) noexcept;

}  // namespace weft::os
