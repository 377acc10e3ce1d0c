// WEFT_PREEMPT=suspend: many spinners, few of them on a core, nobody lost.
#include "sched/preempt.h"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <vector>

#include "os/clock.h"
#include "os/thread.h"
#include "sched/monitor.h"
#include "sched/sanitizer.h"
#include "sched/scheduler.h"
#include "weft/chan.h"
#include "weft/runtime.h"

namespace {

using weft::sched::Machine;

std::uint32_t held_machines() {
  std::uint32_t count = 0;
  for (Machine* m = weft::sched::scheduler().machines.load(); m != nullptr; m = m->all_next)
    count += m->hold.load() == 2;
  return count;
}

struct Spinner {
  std::atomic<bool> stop{false};
  std::atomic<long> turns{0};
  void operator()() {
    while (!stop.load(std::memory_order_relaxed)) turns.fetch_add(1, std::memory_order_relaxed);
  }
};

TEST(PreemptSuspend, HoldsSpinnersBeyondTheBoundAndGivesEachItsTurn) {
  weft::run([] {
    weft::set_max_procs(2);
    std::vector<std::unique_ptr<Spinner>> spinners;
    std::vector<weft::Task<void>> tasks;
    for (int i = 0; i < 6; ++i) {
      spinners.push_back(std::make_unique<Spinner>());
      tasks.push_back(weft::spawn([s = spinners.back().get()] { (*s)(); }));
    }
    while (held_machines() == 0) weft::yield();  // the bound is enforced
    for (auto& s : spinners) {                   // and everybody gets on, this goroutine too
      const long seen = s->turns.load();
      while (s->turns.load() == seen) weft::yield();
    }
    for (auto& s : spinners) s->stop = true;
    for (auto& t : tasks) t.join();
    while (held_machines() != 0) weft::yield();
  });
}

// A spinner that forks has the scheduler's lock meanwhile: held then, it would hold everybody.
TEST(PreemptSuspend, ForkersAreNotHeldWithTheSchedulersLock) {
#ifdef WEFT_TSAN
  GTEST_SKIP() << "the thread sanitizer would have the child wait for its own threads";
#endif
  weft::run([] {
    weft::set_max_procs(1);
    std::atomic<bool> stop{false};
    std::atomic<int> forks{0};
    std::vector<weft::Task<void>> tasks;
    for (int i = 0; i < 4; ++i) {
      tasks.push_back(weft::spawn([&] {
        std::vector<pid_t> children;
        while (!stop) {  // and never comes by, or it would be no spinner
          const pid_t child = ::fork();
          if (child == 0) ::_exit(0);
          children.push_back(child);
          ++forks;
        }
        for (const pid_t child : children) ::waitpid(child, nullptr, 0);
      }));
    }
    while (forks < 300) weft::yield();
    stop = true;
    for (auto& t : tasks) t.join();
  });
}

TEST(PreemptSuspend, AHeldHolderOfALibcLockDelaysButDoesNotStopOthers) {
  weft::run([] {
    weft::set_max_procs(1);
    std::atomic<bool> stop{false};
    std::vector<weft::Task<void>> tasks;
    for (int i = 0; i < 4; ++i) {
      tasks.push_back(weft::spawn([&stop] {
        while (!stop.load(std::memory_order_relaxed)) std::free(std::malloc(100'000));  // in and out of malloc's lock
      }));
    }
    while (held_machines() == 0) weft::yield();
    auto c = weft::make_chan<std::vector<int>>();
    auto consumer = weft::spawn([c] {
      std::size_t sum = 0;
      for (std::vector<int>& v : c) sum += v.size();
      return sum;
    });
    for (int i = 0; i < 200; ++i) c.send(std::vector<int>(1000));
    c.close();
    EXPECT_EQ(consumer.join(), 200'000u);
    stop = true;
    for (auto& t : tasks) t.join();
  });
}

// They lose their processors in the kernel and come out computing, without a call of weft's in between.
TEST(PreemptSuspend, HoldsWhoLostTheProcessorBlockedAndComputesAfterwards) {
  weft::run([] {
    weft::set_max_procs(1);
    std::vector<std::unique_ptr<Spinner>> spinners;
    std::vector<weft::Task<void>> tasks;
    std::array<int, 2> pipe_ends{};
    ASSERT_EQ(::pipe(pipe_ends.data()), 0);
    const std::uint64_t before = weft::sched::monitor_counters().handoffs_blocked;
    for (int i = 0; i < 4; ++i) {
      spinners.push_back(std::make_unique<Spinner>());
      tasks.push_back(weft::spawn([s = spinners.back().get(), fd = pipe_ends[0]] {
        char byte = 0;
        while (::read(fd, &byte, 1) != 1) {
        }
        (*s)();
      }));
    }
    while (weft::sched::monitor_counters().handoffs_blocked < before + 4) weft::yield();
    ASSERT_EQ(::write(pipe_ends[1], "four", 4), 4);
    while (held_machines() == 0) weft::yield();
    for (auto& s : spinners) {
      const long seen = s->turns.load();
      while (s->turns.load() == seen) weft::yield();
    }
    for (auto& s : spinners) s->stop = true;
    for (auto& t : tasks) t.join();
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
  });
}

// It computed for a while after it had been blocked, and waits in the kernel again when the other one spins.
TEST(PreemptSuspend, WhoSleepsAgainHasNoTurnAndIsNotInterrupted) {
  weft::run([] {
    weft::set_max_procs(1);
    std::array<int, 2> begin{}, quit{};
    ASSERT_EQ(::pipe(begin.data()), 0);
    ASSERT_EQ(::pipe(quit.data()), 0);
    std::atomic<int> waiter_thread{0}, interrupted{0};
    const std::uint64_t before = weft::sched::monitor_counters().handoffs_blocked;
    auto waiter = weft::spawn([&] {
      char byte = 0;
      while (::read(begin[0], &byte, 1) != 1) {
      }
      const std::int64_t computed = weft::os::thread_cpu_nanos(::gettid());
      while (weft::os::thread_cpu_nanos(::gettid()) - computed < 50'000'000) {
      }
      waiter_thread = ::gettid();
      pollfd until{quit[0], POLLIN, 0};
      while (::poll(&until, 1, -1) != 1) ++interrupted;
    });
    while (weft::sched::monitor_counters().handoffs_blocked == before) weft::yield();
    ASSERT_EQ(::write(begin[1], "x", 1), 1);
    while (waiter_thread == 0 || weft::os::thread_state(waiter_thread) != weft::os::ThreadState::kSleeping)
      weft::yield();
    interrupted = 0;
    auto spinner = weft::spawn([] {
      const std::int64_t began = weft::os::thread_cpu_nanos(::gettid());
      while (weft::os::thread_cpu_nanos(::gettid()) - began < 100'000'000) {  // ten turns
      }
    });
    while (!spinner.done()) weft::yield();
    EXPECT_EQ(interrupted, 0);
    ASSERT_EQ(::write(quit[1], "x", 1), 1);
    waiter.join();
    for (const int fd : {begin[0], begin[1], quit[0], quit[1]}) ::close(fd);
  });
}

// Before the runtime starts, and so before main's tests.
[[maybe_unused]] const int mode_set = ::setenv("WEFT_PREEMPT", "suspend", 1);

}  // namespace
