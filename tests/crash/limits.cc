// Under limits of memory, threads and processes: a clear error or message, nothing lost, no hang. Exit code 3: refused
// with an error, after which everything that had been started came to its end.
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "cases.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/sync/wait_group.h"
#include "weft/time.h"

namespace {

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

// Each blocks its thread, so each wants one more; where there are no more, they take turns.
int block_many_threads() {
  return weft::run([] {
    std::atomic<int> ended{0};
    constexpr int kBlocked = 400;
    weft::WaitGroup group;
    for (int i = 0; i < kBlocked; ++i) {
      group.go([&ended] {
        ::usleep(20'000);
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

// With preemption the main goroutine gets its turn; without it, the alarm ends the wait.
int spinner_on_one_processor() {
  ::alarm(5);
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

int wait_for_child(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return 100;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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
                          {"block_many_threads", block_many_threads},
                          {"start_only", start_only},
                          {"spinner_on_one_processor", spinner_on_one_processor},
                          {"fork_with_many_goroutines", fork_with_many_goroutines},
                          {"fork_and_exit", fork_and_exit},
                          {"fork_on_one_processor", fork_on_one_processor},
                          {"fork_on_a_thread", fork_on_a_thread},
                          {"deadlock_in_a_child", deadlock_in_a_child}});
}
