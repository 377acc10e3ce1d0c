// Goroutines that compute for long are recorded with their stacks, and notice nothing of it.
#include "sched/long_runner.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

#include "os/clock.h"
#include "os/thread.h"
#include "sched/scheduler.h"
#include "weft/weft.h"

std::atomic<bool> stop_crunching{false};

// Not in the anonymous namespace, so that its name is plain.
[[gnu::noinline]] void crunch_numbers() {
  while (!stop_crunching) {
  }
}

namespace weft::sched {
namespace {

std::string dump() {
  std::FILE* file = std::tmpfile();
  dump_goroutines(::fileno(file));
  std::string text(static_cast<std::size_t>(::lseek(::fileno(file), 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(::fileno(file), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  std::fclose(file);
  return text;
}

class LongRunner : public testing::Test {
 protected:
  void SetUp() override {
#ifdef WEFT_TSAN
    GTEST_SKIP() << "the thread sanitizer keeps signals back while a thread computes";
#endif
    set_max_procs(1);
    if (!scheduler().config.long_runners) GTEST_SKIP() << "a CPU timer's signal is not harmless on this kernel";
    set_long_runner_period_for_testing(0);
  }
};

TEST_F(LongRunner, StandsInTheDumpWithItsStack) {
  stop_crunching = false;
  run([] {
    auto cruncher = spawn({.name = "cruncher"}, [] { crunch_numbers(); });
    std::string seen;
    do {  // this goroutine is what waits; on a slow machine the other is seen on its way to crunch_numbers() first
      yield();
      const std::string text = dump();
      seen = text.substr(std::min(text.find("long runners seen lately:"), text.size()));
    } while (seen.find("\"cruncher\":\n") == std::string::npos || seen.find("crunch_numbers") == std::string::npos);
    stop_crunching = true;
    cruncher.join();
  });
}

// Each time judged a long runner, then in a system call that a signal would end.
TEST_F(LongRunner, IsNotDisturbedInItsSystemCalls) {
  run([] {
    constexpr std::int64_t kComputeNanos = 1'300'000;  // more than the monitor lets pass
    std::atomic<bool> done{false};
    int interrupted = 0;
    auto runner = spawn([&] {
      const std::int32_t me = os::current_thread_id();
      for (int i = 0; i < 200 && os::current_thread_id() == me; ++i) {
        for (const std::int64_t end = os::thread_cpu_nanos(me) + kComputeNanos; os::thread_cpu_nanos(me) < end;) {
        }
        const timespec nap{0, 50'000};
        interrupted += ::nanosleep(&nap, nullptr) != 0 && errno == EINTR;
      }
      done = true;
    });
    while (!done) yield();
    runner.join();
    EXPECT_EQ(interrupted, 0);
  });
}

}  // namespace
}  // namespace weft::sched
