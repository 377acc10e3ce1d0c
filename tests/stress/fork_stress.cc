// fork() in goroutines, under load: the child has one goroutine and a working runtime, the parent notices nothing.
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <vector>

#include "stress/stress.h"
#include "support/fork_child.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

constexpr int kGood = 42;

// What a child may still do: count itself, spawn, wait for it, sleep, end. The alarm ends one that hangs.
[[noreturn]] void live_as_child(int tasks) {
  ::alarm(60);
  if (num_goroutines() != 1) ::_exit(2);
  std::vector<Task<int>> own;
  for (int i = 0; i < tasks; ++i) {
    own.push_back(spawn([i] {
      yield();
      return i;
    }));
  }
  int sum = 0;
  for (Task<int>& task : own) sum += task.join();
  if (sum != tasks * (tasks - 1) / 2) ::_exit(3);
  sleep_for(std::chrono::microseconds(200));
  ::_exit(kGood);
}

void fork_and_wait(int tasks) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) live_as_child(tasks);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);  // unwrapped: it blocks this thread
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), kGood);
}

TEST(ForkStress, TheChildRunsOnAndTheParentToo) {
  watched_rounds([](Random& random) {
    std::atomic<bool> stop{false};
    std::vector<Task<void>> load;
    for (int i = pick(random, 0, 12); i > 0; --i) {
      load.push_back(spawn([&stop, how = pick(random, 0, 2)] {
        while (!stop) {
          if (how == 0) yield();
          if (how == 1) sleep_for(std::chrono::microseconds(20));
          if (how == 2) burn(1'000);
        }
      }));
    }
    std::vector<Task<void>> forkers;
    for (int i = pick(random, 1, 2); i > 0; --i) {
      forkers.push_back(
          spawn([tasks = pick(random, 0, 20), pinned = pick(random, 0, 1) == 0, inside = pick(random, 0, 3) == 0] {
            if (inside) {
              blocking([&] { fork_and_wait(tasks); });
            } else if (pinned) {
              const ThreadPin pin =
                  ThreadPin::exclusive();  // the load burns without calling weft: it would hold the thread
              fork_and_wait(tasks);
            } else {
              fork_and_wait(tasks);
            }
          }));
    }
    for (Task<void>& forker : forkers) forker.join();
    stop = true;
    for (Task<void>& task : load) task.join();
  });
}

}  // namespace
}  // namespace weft::stress
