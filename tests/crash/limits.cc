// Under limits of memory, threads and processes: a clear error or message, nothing lost, no hang. Exit code 3: refused
// with an error, after which everything that had been started came to its end.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "cases.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/sync/wait_group.h"
#include "weft/time.h"

namespace {

constexpr rlim_t kThreadsToSpare = 20;  // what run.py allows beyond those there are

int wait_for_child(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return 100;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Parks goroutines until no more can be had, then lets them all go.
int spawn_until_refused() {
  return weft::run([] {
    auto gate = weft::make_chan<void>();
    std::atomic<int> ended{0};
    int started = 0;
    int code = 5;
    try {
      for (; started < 1'000'000; ++started) {
        weft::go({.stack_bytes = 1 << 20}, [gate, &ended] {
          gate.recv();
          ++ended;
        });
        if (started % 64 == 0) weft::yield();
      }
    } catch (const std::system_error& error) {
      std::fprintf(stderr, "refused: %s\n", error.what());
      code = error.code() == std::errc::not_enough_memory ? 3 : 6;
    } catch (const std::bad_alloc&) {
      std::fprintf(stderr, "refused: no memory\n");
      code = 3;
    }
    gate.close();
    while (ended < started) weft::yield();
    std::fprintf(stderr, "%d started, all ended\n", started);
    return weft::spawn([code] { return code; }).join();
  });
}

// Until nothing is left, not even for small things.
void eat_all_memory() {
  for (std::size_t bytes = std::size_t{64} << 20; bytes >= 16; bytes /= 2) {
    while (void* eaten = std::malloc(bytes)) *static_cast<volatile char*>(eaten) = 1;
  }
}

int uncaught_without_memory() {
  return weft::run([] {
    weft::go({.name = "eater"}, [] {
      eat_all_memory();
      throw std::bad_alloc();
    });
    weft::make_chan<void>().recv();
  });
}

volatile bool deeper = true;
[[gnu::noinline]] int dive(int depth) {
  volatile char frame[256];
  frame[0] = static_cast<char>(depth);
  return deeper ? dive(depth + 1) + frame[0] : depth;
}

int overflow_without_memory() {
  return weft::run([] {
    eat_all_memory();
    return dive(0);
  });
}

int deadlock_without_memory() {
  return weft::run([] {
    auto nobody = weft::make_chan<void>();
    eat_all_memory();
    nobody.recv();
  });
}

// Each blocks its thread, so each wants one more; where there are no more, they take turns.
// Those that block in the first three seconds stay blocked that long: threads run short however slowly they are made.
int block_many_threads() {
  return weft::run([] {
    std::atomic<int> ended{0};
    constexpr int kBlocked = 400;
    weft::WaitGroup group;
    for (int i = 0; i < kBlocked; ++i) {
      group.go([&ended] {
        static const auto released = std::chrono::steady_clock::now() + std::chrono::seconds(3);
        do {
          ::usleep(1'000);
        } while (std::chrono::steady_clock::now() < released);
        ++ended;
      });
    }
    group.wait();
    std::fprintf(stderr, "%d of %d ended\n", ended.load(), kBlocked);
    return ended == kBlocked ? 0 : 7;
  });
}

int start_only() {
  try {
    return weft::run([] { return 0; });
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "refused: %s\n", error.what());
    return 3;
  }
}

// First without a thread for the machine, then without one for the monitor, then with enough: what a failed start left
// behind must not stand in the way of the next, of a fork, or of the program's own end.
int start_again() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NPROC, &limit);
  const rlim_t enough = limit.rlim_cur;
  int refused = 0;
  for (limit.rlim_cur = enough - kThreadsToSpare + 1; refused < 2; ++limit.rlim_cur, ++refused) {
    ::setrlimit(RLIMIT_NPROC, &limit);
    if (start_only() != 3) return 10;
  }
  limit.rlim_cur = enough;
  ::setrlimit(RLIMIT_NPROC, &limit);
  const int code = weft::run([] {
    std::atomic<int> ended{0};
    weft::WaitGroup group;
    for (int i = 0; i < 100; ++i) {
      group.go([&ended] {
        for (int turn = 0; turn < 100; ++turn) weft::yield();
        ++ended;
      });
    }
    group.wait();
    return ended == 100 ? 0 : 7;
  });
  if (code != 0) return code;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(weft::run([] { return weft::spawn([] { return 4; }).join(); }));
  if (const int child_code = wait_for_child(child); child_code != 4) return child_code;
  std::thread([] { throw std::runtime_error("the thread's own end"); }).join();
  return 11;
}

// With preemption the main goroutine gets its turn; without it, the alarm ends the wait.
int spinner_on_one_processor() {
  ::alarm(std::getenv("WEFT_PREEMPT") != nullptr ? 5 : 60);
  return weft::run([] {
    weft::set_max_procs(1);
    std::atomic<bool> stop{false};
    auto spinner = weft::spawn([&stop] {
      while (!stop.load(std::memory_order_relaxed)) {
      }
    });
    weft::yield();
    stop = true;
    spinner.join();
  });
}

int fork_with_many_goroutines() {
  return weft::run([] {
    std::atomic<int> awake{0};
    for (int i = 0; i < 1'000; ++i) {
      weft::go([&awake, i] {
        if (i % 3 == 0) weft::sleep_for(std::chrono::milliseconds(i % 50));
        if (i % 3 == 1) weft::yield();
        ++awake;
      });
    }
    const pid_t child = ::fork();
    if (child == 0) {
      if (weft::num_goroutines() != 1) ::_exit(8);
      auto c = weft::make_chan<int>();
      weft::go([c] { c.send(4); });
      ::_exit(*c.recv());
    }
    const int code = wait_for_child(child);
    while (awake < 1'000) weft::yield();
    std::fprintf(stderr, "the child ended with %d, all of the parent's woke\n", code);
    return code;
  });
}

// The child leaves by exit(), not _exit(): handlers and destructors run with a runtime that has one thread.
int fork_and_exit() {
  return weft::run([] {
    const pid_t child = ::fork();
    if (child == 0) {
      weft::spawn([] {}).join();
      std::exit(4);
    }
    return wait_for_child(child);
  });
}

int fork_on_one_processor() {
  return weft::run([] {
    weft::set_max_procs(1);
    weft::go([] {
      while (true) weft::yield();
    });
    weft::yield();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(weft::spawn([] { return 4; }).join());
    return wait_for_child(child);
  });
}

int fork_on_a_thread() {
  weft::run([] { weft::spawn([] {}).join(); });
  const pid_t child = ::fork();
  if (child == 0) ::_exit(weft::run([] { return weft::spawn([] { return 4; }).join(); }));
  return wait_for_child(child);
}

// Children that exec, fork again, or fork where they are pinned or blocking.
int fork_of_every_kind() {
  return weft::run([] {
    const auto spawn_one = [] { return weft::spawn([] { return 4; }).join(); };
    const auto child_ends_with_4 = [](const char* what, auto fork_and_end) {
      const int code = wait_for_child(fork_and_end());
      if (code != 4) std::fprintf(stderr, "%s: the child ended with %d\n", what, code);
      return code == 4;
    };
    bool good = child_ends_with_4("exec", [] {
      const pid_t child = ::fork();
      if (child == 0) ::execl("/bin/sh", "sh", "-c", "exit 4", nullptr);
      return child;
    });
    good &= child_ends_with_4("grandchild", [&] {
      const pid_t child = ::fork();
      if (child != 0) return child;
      const pid_t grandchild = ::fork();
      ::_exit(grandchild == 0 ? spawn_one() : wait_for_child(grandchild));
    });
    good &= child_ends_with_4("pinned", [&] {
      const weft::ThreadPin pin;
      const pid_t child = ::fork();
      if (child == 0) ::_exit(spawn_one());
      return child;
    });
    good &= child_ends_with_4("blocking", [&] {
      const pid_t child = weft::blocking([] { return ::fork(); });
      if (child == 0) ::_exit(spawn_one());
      return child;
    });
    good &= WEXITSTATUS(std::system("exit 4")) == 4;
    return good ? spawn_one() : 5;
  });
}

int deadlock_in_a_child() {
  return weft::run([] {
    const pid_t child = ::fork();
    if (child == 0) {
      weft::spawn([] {}).join();  // with the first goroutine the child has a monitor again
      weft::make_chan<int>().recv();
    }
    return wait_for_child(child);
  });
}

}  // namespace

int main(int argc, char** argv) {
  ::alarm(100);
  return crash::run_case(argc, argv,
                         {{"spawn_until_refused", spawn_until_refused},
                          {"uncaught_without_memory", uncaught_without_memory},
                          {"overflow_without_memory", overflow_without_memory},
                          {"deadlock_without_memory", deadlock_without_memory},
                          {"block_many_threads", block_many_threads},
                          {"start_only", start_only},
                          {"start_again", start_again},
                          {"spinner_on_one_processor", spinner_on_one_processor},
                          {"fork_with_many_goroutines", fork_with_many_goroutines},
                          {"fork_and_exit", fork_and_exit},
                          {"fork_on_one_processor", fork_on_one_processor},
                          {"fork_on_a_thread", fork_on_a_thread},
                          {"fork_of_every_kind", fork_of_every_kind},
                          {"deadlock_in_a_child", deadlock_in_a_child}});
}
