// The child of a fork() under load: it lives, it is not held up by those who are gone, and it ends. One thing at a
// time: fork_test.cc.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "sched/dump.h"
#include "support/fork_child.h"
#include "weft/weft.h"

namespace {

using namespace std::chrono_literals;

constexpr int kGood = 42;

// How the child ended: its exit code, or 1000 and the signal's number (SIGALRM: it hung).
int end_of(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// Forks; the child runs `body` and ends with its result.
template <class Body>
int in_fork(Body body) {
  const pid_t child = ::fork();
  if (child != 0) return end_of(child);
  ::alarm(30);
  ::_exit(body());
}

bool is_parked(std::uint64_t goroutine) {
  bool parked = false;
  weft::sched::visit_stacks([&](const weft::sched::DumpHeader& header, std::span<const std::uintptr_t>) {
    if (header.id == goroutine) parked = header.status == weft::detail::Status::kParked;
  });
  return parked;
}

bool is_asleep(pid_t thread) {
  std::ifstream stat("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string line;
  std::getline(stat, line);
  const std::size_t name_end = line.rfind(") ");
  return name_end != std::string::npos && line[name_end + 2] == 'S';
}

class ForkChild : public testing::Test {
#ifdef WEFT_TSAN
  void SetUp() override { GTEST_SKIP() << "under this load the thread sanitizer's own fork() hangs or faults"; }
#endif
};

// Goroutines of all kinds beside the one that forks.
class Load {
 public:
  Load() {
    for (int i = 0; i < 2; ++i) {
      tasks_.push_back(weft::spawn([this] {
        while (!stop_) {
        }
      }));
      tasks_.push_back(weft::spawn([this] {
        while (!stop_) weft::sleep_for(20us);
      }));
      tasks_.push_back(weft::spawn([this] {
        while (!stop_) {
          weft::go([] {});
          weft::yield();
        }
      }));
    }
  }
  ~Load() {
    stop_ = true;
    for (auto& task : tasks_) task.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<weft::Task<void>> tasks_;
};

int lives() {
  auto numbers = weft::make_chan<int>();
  std::vector<weft::Task<void>> senders;
  for (int i = 0; i < 20; ++i) senders.push_back(weft::spawn([=] { numbers.send(i); }));
  int sum = 0;
  for (int i = 0; i < 20; ++i) sum += numbers.recv().value_or(0);
  for (auto& sender : senders) sender.join();
  weft::sleep_for(100us);
  return sum == 190 ? kGood : 2;
}

TEST_F(ForkChild, TheChildLivesUnderLoad) {
  weft::run([] {
    const Load load;
    for (int i = 0; i < 20; ++i) EXPECT_EQ(in_fork([] { return weft::num_goroutines() == 1 ? lives() : 1; }), kGood);
  });
}

TEST_F(ForkChild, SoDoesThatOfAPinnedGoroutineAndItsOwnChild) {
  weft::run([] {
    const Load load;
    const weft::ThreadPin pin;
    EXPECT_EQ(in_fork([] {
                const int grandchild = in_fork([] { return in_fork(lives) == kGood ? lives() : 3; });
                return grandchild == kGood ? lives() : 4;
              }),
              kGood);
  });
}

TEST_F(ForkChild, TheChildOfAPlainThreadLives) {
  auto done = weft::make_chan<int>(1);
  done.send(1);  // this thread has a stand-in before it forks
  EXPECT_EQ(in_fork([] {
              weft::sleep_for(1ms);
              if (weft::spawn([] { return 7; }).join() != 7) return 1;
              return weft::run([] { return lives(); });
            }),
            kGood);
}

TEST_F(ForkChild, TheChildExecs) {
  weft::run([] {
    const Load load;
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/bin/sh", "sh", "-c", "exit 42", static_cast<char*>(nullptr));
      ::_exit(1);
    }
    EXPECT_EQ(end_of(child), kGood);
  });
}

// As the last thread of a process does, when its function returns.
TEST_F(ForkChild, TheChildEndsWithItsGoroutine) {
  weft::run([] {
    const Load load;
    pid_t child = -1;
    weft::spawn([&child] {
      child = ::fork();
      if (child == 0) ::alarm(30);
    }).join();
    EXPECT_EQ(end_of(child), 0);
  });
}

TEST_F(ForkChild, TheChildsReturnFromRunIsItsExitCode) {
  EXPECT_EQ(in_fork([] {  // its own process, for the whole test program would return twice
              pid_t child = -1;
              const int code = weft::run([&child] {
                child = ::fork();
                if (child == 0) ::alarm(20);
                return child == 0 ? kGood : 7;
              });
              return code == 7 && child > 0 && end_of(child) == kGood ? kGood : 1;
            }),
            kGood);
}

// Else its canceller would wait in the child for a callback of a thread that is not there.
TEST_F(ForkChild, ATimerThatFiresElsewhereHasFiredInTheChild) {
  struct SlowTimer : weft::detail::TimerNode {
    std::atomic<bool> begun{false};
  };
  weft::run([] {
    SlowTimer timer;
    timer.fire = [](weft::detail::TimerNode* node) noexcept {
      static_cast<SlowTimer*>(node)->begun = true;
      std::this_thread::sleep_for(20ms);  // wide enough for a fork() that does not wait
    };
    weft::detail::timer_arm(timer, weft::detail::monotonic_now());
    std::thread forks([&] {
      while (!timer.begun) {
      }
      EXPECT_EQ(in_fork([&] { return weft::detail::timer_cancel(timer) ? 1 : kGood; }), kGood);
    });
    weft::blocking([&] { forks.join(); });
  });
}

TEST_F(ForkChild, AWaitersCopyDoesNotRunInTheChild) {
  weft::run([] {
    const pid_t parent = ::getpid();
    std::atomic<int> ran_in_child{0};
    auto numbers = weft::make_chan<int>();
    std::atomic<std::uint64_t> worker_id{0};
    std::atomic<pid_t> thread_id{0};
    auto worker = weft::spawn([&, numbers] {
      worker_id = weft::goroutine_id();
      while (numbers.recv()) ran_in_child += ::getpid() != parent;
    });
    std::thread thread([&, numbers] {
      thread_id = ::gettid();
      while (numbers.recv()) ran_in_child += ::getpid() != parent;
    });
    for (int i = 0; i < 100; ++i) numbers.send(i);
    while (worker_id == 0 || thread_id == 0 || !is_parked(worker_id) || !is_asleep(thread_id)) weft::yield();
    numbers.try_recv();  // takes the channel's lock: they have let go of it, which the child has to rely on
    EXPECT_EQ(in_fork([&, numbers] {
                for (int i = 0; i < 4; ++i) {
                  weft::select(weft::on_send(numbers, 1), weft::otherwise());
                  weft::yield();
                }
                return ran_in_child == 0 ? lives() : 3;
              }),
              kGood);
    numbers.close();
    worker.join();
    thread.join();
  });
}

// The dump claims goroutines, the forking one too; its thread is gone in the child.
TEST_F(ForkChild, ADumpUnderWayDoesNotHoldTheChild) {
  weft::run([] {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    std::atomic<bool> stop{false};
    std::thread dumper([&] {
      while (!stop) weft::dump_goroutines(nowhere);
    });
    for (int i = 0; i < 40; ++i) {
      const int end = in_fork([nowhere] {
        weft::spawn([] { weft::yield(); }).join();
        weft::dump_goroutines(nowhere);
        return kGood;
      });
      EXPECT_EQ(end, kGood);
      if (end != kGood) break;
    }
    stop = true;
    dumper.join();
    ::close(nowhere);
  });
}

TEST_F(ForkChild, TheChildsDeadlockIsReported) {
  weft::run([] {
    const Load load;
    EXPECT_EQ(in_fork([] {
                ::close(STDERR_FILENO);
                weft::make_chan<int>().recv();
                return 1;
              }),
              2);
  });
}

TEST_F(ForkChild, AProcessStateInTheMiddleIsNotCopied) {
  weft::run([] {
    const Load load;  // stacks and processors change hands all the time
    for (int i = 0; i < 40; ++i) {
      const int end = in_fork([] {
        std::vector<weft::Task<void>> tasks;
        for (int k = 0; k < 300; ++k) tasks.push_back(weft::spawn([] { weft::yield(); }));
        for (auto& task : tasks) task.join();
        return kGood;
      });
      EXPECT_EQ(end, kGood);
      if (end != kGood) break;
    }
  });
}

}  // namespace
