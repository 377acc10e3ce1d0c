#include "os/thread.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "base/fatal.h"

namespace weft::os {
int start_thread(void* (*body)(void*), void* argument, std::size_t stack_bytes) noexcept {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  ::pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_t thread;
  const int error = ::pthread_create(&thread, &attributes, body, argument);
  ::pthread_attr_destroy(&attributes);
  return error;
}

std::int32_t current_thread_id() noexcept { return static_cast<std::int32_t>(::syscall(SYS_gettid)); }

void name_current_thread(const char* name) noexcept { ::prctl(PR_SET_NAME, name); }

void set_precise_sleep() noexcept { ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

bool signal_thread(std::int32_t thread_id, int signal_number) noexcept {
  return ::syscall(SYS_tgkill, ::getpid(), thread_id, signal_number) == 0;
}

std::size_t read_task_file(std::int32_t thread_id, const char* name, char* text, std::size_t size) noexcept {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/%s", thread_id, name);
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t n = ::read(fd, text, size - 1);
  ::close(fd);
  const std::size_t got = n < 0 ? 0 : static_cast<std::size_t>(n);
  text[got] = '\0';
  return got;
}

std::array<char, 16> thread_name(std::int32_t thread_id) noexcept {
  std::array<char, 16> name{};
  char line[name.size() + 1];
  const std::size_t length = read_task_file(thread_id, "comm", line, sizeof line);
  if (length != 0) std::memcpy(name.data(), line, length - 1);  // a newline ends it
  return name;
}

ThreadState thread_state(std::int32_t thread_id) noexcept {
  char text[256];
  if (read_task_file(thread_id, "stat", text, sizeof text) == 0) return ThreadState::kGone;
  // "pid (name) S ...": the name may hold anything, so look from its last parenthesis.
  const char* after_name = std::strrchr(text, ')');
  if (after_name == nullptr || after_name[1] == '\0') return ThreadState::kGone;
  return after_name[2] == 'R' ? ThreadState::kRunnable : ThreadState::kSleeping;
}

int count_threads() noexcept {
  struct stat task_folder;
  if (::stat("/proc/self/task", &task_folder) != 0) return -1;
  return static_cast<int>(task_folder.st_nlink) - 2;
}

void install_signal_stack(void* memory) noexcept {
  stack_t old{};
  if (::sigaltstack(nullptr, &old) == 0 && (old.ss_flags & SS_DISABLE) == 0) return;
  if (memory == nullptr) {
    memory =
        ::mmap(nullptr, kSignalStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;  // an overflow then ends in a plain SIGSEGV
  }
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = kSignalStackBytes;
  ::sigaltstack(&stack, nullptr);
}

}  // namespace weft::os
