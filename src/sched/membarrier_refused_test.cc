// A sandbox that refuses membarrier(2): the runtime visits every CPU instead; with that refused too it does not start.
#include <gtest/gtest.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

#include "support/fork_child.h"
#include "weft/weft.h"

namespace {

constexpr int kNoFilter = 77;  // this system has no seccomp

// From now on this process and its children get EPERM for the system call.
bool refuse(long system_call) noexcept {
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(system_call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

// The exit code of `body` in a process of its own, where the runtime has not been started.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A spinner whose processor is wanted, a reader that a writer must see, and a stack that the dump claims.
bool heavy_sides_work() {
  weft::set_max_procs(1);
  std::atomic<bool> stop{false};
  auto spinner = weft::spawn([&] {
    while (!stop.load()) {
    }
  });
  weft::SharedMutex mutex;
  int value = 0;
  std::vector<weft::Task<void>> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(weft::spawn([&] {
      for (int seen = 0; seen < 20; weft::yield()) {
        const std::shared_lock lock(mutex);
        seen = value;
      }
    }));
  }
  for (int i = 0; i < 20; ++i) {
    weft::yield();
    const std::scoped_lock lock(mutex);
    ++value;
  }
  for (auto& reader : readers) reader.join();
  std::FILE* nowhere = std::fopen("/dev/null", "w");
  weft::dump_goroutines(::fileno(nowhere));
  std::fclose(nowhere);
  stop = true;
  spinner.join();
  return value == 20;
}

TEST(MembarrierRefused, TheRuntimeWorksAllTheSame) {
  const int code = in_child([] {
    if (!refuse(SYS_membarrier)) return kNoFilter;
    return weft::run([] { return heavy_sides_work() ? 0 : 1; });
  });
  if (code == kNoFilter) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(code, 0);
}

TEST(MembarrierRefused, AffinityIsWhatItWas) {
  const int code = in_child([] {
    if (!refuse(SYS_membarrier)) return kNoFilter;
    cpu_set_t before, after;
    CPU_ZERO(&before);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &before);
    ::sched_setaffinity(0, sizeof before, &before);
    weft::spawn([] {}).join();  // starts the runtime on this thread
    ::sched_getaffinity(0, sizeof after, &after);
    return CPU_EQUAL(&before, &after) ? 0 : 1;
  });
  if (code == kNoFilter) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(code, 0);
}

TEST(MembarrierRefused, WithAffinityRefusedTooNothingStarts) {
  const int code = in_child([] {
    if (!refuse(SYS_membarrier) || !refuse(SYS_sched_setaffinity)) return kNoFilter;
    try {
      weft::run([] {});
    } catch (const std::system_error& error) {
      return error.code() == std::errc::operation_not_permitted ? 0 : 2;
    }
    return 1;
  });
  if (code == kNoFilter) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(code, 0);
}

}  // namespace
