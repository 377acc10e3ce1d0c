// OS threads for the runtime: raw, never joined, never ended.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft::os {

/// Starts a detached thread with every signal as its maker has it; `body` does not return. Returns 0 or an errno value
/// (EAGAIN: out of threads or memory).
int start_thread(void* (*body)(void*), void* argument, std::size_t stack_bytes) noexcept;

std::int32_t current_thread_id() noexcept;

/// What tools show for the calling thread: at most 15 bytes.
void name_current_thread(const char* name) noexcept;

/// A file of /proc/self/task/ID, up to `size` - 1 bytes and a final 0: how many bytes; 0 when the thread is gone.
std::size_t read_task_file(std::int32_t thread_id, const char* name, char* text, std::size_t size) noexcept;

/// What tools show for a thread of this process, with its final 0; empty when it is gone. Any bytes but 0 and newline.
std::array<char, 16> thread_name(std::int32_t thread_id) noexcept;

/// Sleeps of this thread end on time instead of up to 50 us late.
void set_precise_sleep() noexcept;

/// Sends `signal_number` to one thread of this process. False when it is gone.
bool signal_thread(std::int32_t thread_id, int signal_number) noexcept;

/// How the kernel sees a thread.
enum class ThreadState { kRunnable, kSleeping, kGone };

/// Reads the state through /proc/self/task; 1-2 us. A runnable thread that waits for a core is kRunnable.
ThreadState thread_state(std::int32_t thread_id) noexcept;

/// Threads of this process, weft's and others; -1 when /proc does not tell.
int count_threads() noexcept;

/// A signal stack for this thread, once, so that a stack overflow can be reported: in `memory` of kSignalStackBytes
/// that is the thread's for ever, or, where that is null, in memory of its own, if there is any.
inline constexpr std::size_t kSignalStackBytes = 128 << 10;
void install_signal_stack(void* memory = nullptr) noexcept;

}  // namespace weft::os
