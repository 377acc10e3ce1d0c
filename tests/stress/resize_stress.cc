// set_max_procs() at any moment, from goroutines and threads, under every kind of load: nothing is lost with a
// processor.
#include <unistd.h>
#include <vector>

#include "stress/stress.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

using std::chrono::microseconds;

void work(Random& random, Permits& to, Permits& from) {
  switch (pick(random, 0, 8)) {
    case 0:
      return sleep_for(microseconds(pick(random, 0, 100)));
    case 1:
      return blocking([] { burn(1'000); });
    case 2:
      static_cast<void>(::usleep(30));
      return;
    case 3: {
      const ThreadPin pin;
      return yield();
    }
    case 4:
      return spawn([] { yield(); }).join();
    case 5:
      return burn(20'000);
    case 6:
      to.give(true);
      return from.take();
    default:
      return yield();
  }
}

TEST(ResizeStress, NothingIsLostWhenProcessorsComeAndGo) {
  watched_rounds([](Random& random) {
    const int processors = max_procs();
    std::atomic<bool> stop{false};
    std::atomic<int> steps{0};
    int expected = 0;
    Permits request;
    Permits reply;
    Task<void> echo = spawn([&] {
      while (true) {
        request.take();
        if (stop) return;
        reply.give(false);
      }
    });
    std::thread outsider([&, mine = Random(random())]() mutable {
      while (!stop) {
        set_max_procs(pick(mine, 1, processors));
        std::this_thread::sleep_for(microseconds(pick(mine, 0, 200)));
      }
    });
    std::vector<Task<void>> tasks;
    for (int i = pick(random, 1, 24); i > 0; --i) {
      const int mine = pick(random, 1, 20);
      expected += mine;
      tasks.push_back(spawn([&, mine, own = Random(random())]() mutable {
        for (int k = 0; k < mine; ++k) {
          if (pick(own, 0, 5) == 0) set_max_procs(pick(own, 1, processors));
          work(own, request, reply);
          ++steps;
        }
      }));
    }
    for (Task<void>& task : tasks) task.join();
    stop = true;
    request.give(true);
    echo.join();
    blocking([&] { outsider.join(); });
    EXPECT_EQ(steps, expected);
    set_max_procs(processors);
  });
}

// The shrinking goroutine sits on the processor that has to go, with others queued behind it, and then blocks or spins.
TEST(ResizeStress, WhatWaitsBehindASurplusProcessorRuns) {
  watched_rounds([](Random& random) {
    const int processors = max_procs();
    std::atomic<int> ran{0};
    const int behind = pick(random, 1, 8);
    std::vector<Task<void>> tasks;
    for (int i = pick(random, 1, 4); i > 0; --i) {
      tasks.push_back(spawn([&ran, behind, spins = pick(random, 0, 1) == 0, sleeps = pick(random, 0, 1) == 0] {
        for (int k = 0; k < behind; ++k) {
          go([&ran, sleeps] {
            if (sleeps) sleep_for(microseconds(100));
            ++ran;
          });
        }
        set_max_procs(1);
        const int goal = ran + 1;
        while (ran < goal && ran % behind != 0) {  // nobody else runs what this goroutine has queued
          if (spins) {
            burn(100);
          } else {
            ::usleep(100);
          }
        }
      }));
    }
    const int expected = behind * static_cast<int>(tasks.size());
    for (Task<void>& task : tasks) task.join();
    while (ran < expected) yield();
    set_max_procs(processors);
  });
}

}  // namespace
}  // namespace weft::stress
