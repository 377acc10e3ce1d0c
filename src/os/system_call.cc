#include "os/system_call.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <cstdio>

#include "os/thread.h"

namespace weft::os {
namespace {

bool has_timeout(int socket) noexcept {
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    timeval limit{};
    socklen_t size = sizeof limit;
    if (::getsockopt(socket, SOL_SOCKET, option, &limit, &size) != 0) return true;
    if (limit.tv_sec != 0 || limit.tv_usec != 0) return true;
  }
  return false;
}

// Of a call that waits for the descriptor; an inotify's is never restarted, and has no type.
bool restarts_on(int fd) noexcept {
  struct stat status;
  if (::fstat(fd, &status) != 0) return false;
  return S_ISSOCK(status.st_mode) ? !has_timeout(fd) : (status.st_mode & S_IFMT) != 0;
}

}  // namespace

SystemCall system_call_of(std::int32_t thread_id) noexcept {
  char text[256];
  if (read_task_file(thread_id, "syscall", text, sizeof text) == 0) {
    const bool computes = thread_state(thread_id) == ThreadState::kRunnable;
    return {.state = computes ? SystemCall::State::kNone : SystemCall::State::kUnknown};
  }
  SystemCall call{.state = SystemCall::State::kNone};
  if (text[0] == 'r') return call;  // "running"
  unsigned long long argument = 0, pc = 0;
  // "number six arguments sp pc", or "-1 sp pc"
  if (std::sscanf(text, "%ld %llx %*x %*x %*x %*x %*x %*x %llx", &call.number, &argument, &pc) < 2) return {};
  call.state = SystemCall::State::kBlocked;
  call.argument = argument;
  call.pc = static_cast<std::uintptr_t>(pc);
  return call;
}

bool survives_signals(const SystemCall& call) noexcept {
  if (call.state != SystemCall::State::kBlocked) return call.state == SystemCall::State::kNone;
  switch (call.number) {
    case SYS_futex:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_openat:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_flock:
    case SYS_fcntl:
      return true;
    case SYS_read:
    case SYS_readv:
    case SYS_pread64:
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
      return restarts_on(static_cast<int>(call.argument));
    default:
      return call.number == -1;
  }
}

}  // namespace weft::os
