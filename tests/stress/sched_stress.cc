// Spawn, park, ready, yield and exceptions under load: every goroutine runs to its end, once, with its own state.
#include <cerrno>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "stress/stress.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

using std::chrono::microseconds;

struct Tree {
  std::atomic<int> expected{1};
  std::atomic<int> seen{0};
  Permits ended;
};

void grow(Tree& tree, Random random, int depth) {
  ++tree.seen;
  std::vector<Task<void>> children;
  const int count = depth == 0 ? 0 : pick(random, 0, 4);
  for (int i = 0; i < count; ++i) {
    ++tree.expected;
    const Random seed(random());
    if (pick(random, 0, 1) == 0) {
      children.push_back(spawn([&tree, seed, depth] { grow(tree, seed, depth - 1); }));
    } else {
      go([&tree, seed, depth] { grow(tree, seed, depth - 1); });
    }
    if (pick(random, 0, 3) == 0) yield();
  }
  for (Task<void>& child : children) {
    if (pick(random, 0, 3) != 0) child.join();  // the others are dropped, and run on
  }
  tree.ended.give(pick(random, 0, 1) == 0);
}

TEST(SchedStress, EveryGoroutineOfATreeRunsOnce) {
  watched_rounds([](Random& random) {
    auto tree = std::make_unique<Tree>();
    grow(*tree, Random(random()), pick(random, 1, 6));
    for (int ended = 0; ended < tree->expected; ++ended) tree->ended.take();
    EXPECT_EQ(tree->seen, tree->expected);
    EXPECT_EQ(tree->ended.count(), 0);
  });
}

/// Stations in a ring; tokens go round until each has made its steps. Stations are goroutines and plain threads.
void pass_tokens(Random random, int goroutines, int threads, int tokens, int steps) {
  const int stations = goroutines + threads;
  std::vector<Permits> inbox(static_cast<std::size_t>(stations));
  std::atomic<int> left{tokens * steps};
  std::atomic<int> passes{0};
  const auto station = [&](int at, Random mine) {
    while (true) {
      inbox[static_cast<std::size_t>(at)].take();
      if (left.fetch_sub(1) <= 0) break;
      ++passes;
      if (pick(mine, 0, 7) == 0) yield();
      if (pick(mine, 0, 31) == 0) burn(2'000);
      inbox[static_cast<std::size_t>((at + 1) % stations)].give(pick(mine, 0, 1) == 0);
    }
    inbox[static_cast<std::size_t>((at + 1) % stations)].give(true);  // the end goes round too
  };
  std::vector<Task<void>> running;
  std::vector<std::thread> plain;
  for (int i = 0; i < stations; ++i) {
    Random mine(random());
    if (i < goroutines) {
      running.push_back(spawn([&station, i, mine] { station(i, mine); }));
    } else {
      plain.emplace_back([&station, i, mine] { station(i, mine); });
    }
  }
  for (int i = 0; i < tokens; ++i) inbox[static_cast<std::size_t>(pick(random, 0, stations - 1))].give(true);
  for (Task<void>& task : running) task.join();
  blocking([&] {
    for (std::thread& thread : plain) thread.join();
  });
  EXPECT_EQ(passes, tokens * steps);
}

TEST(SchedStress, NoWakeUpIsLostBetweenGoroutines) {
  watched_rounds([](Random& random) {
    pass_tokens(Random(random()), pick(random, 1, 40), 0, pick(random, 1, 20), pick(random, 1, 60));
  });
}

TEST(SchedStress, NoWakeUpIsLostBetweenGoroutinesAndThreads) {
  watched_rounds([](Random& random) {
    pass_tokens(Random(random()), pick(random, 1, 8), pick(random, 1, 4), pick(random, 1, 6), pick(random, 1, 20));
  });
}

TEST(SchedStress, YieldersAndSleepersAllGetOn) {
  watched_rounds([](Random& random) {
    std::atomic<int> turns{0};
    int expected = 0;
    std::vector<Task<void>> tasks;
    const int count = pick(random, 1, 60);
    for (int i = 0; i < count; ++i) {
      const int mine = pick(random, 0, 50);
      const int how = pick(random, 0, 9);
      expected += mine;
      tasks.push_back(spawn([&turns, mine, how] {
        for (int k = 0; k < mine; ++k) {
          ++turns;
          if (how == 0 && k < 5) {
            sleep_for(microseconds(k * 20));
          } else {
            yield();
          }
        }
      }));
    }
    for (Task<void>& task : tasks) task.join();
    EXPECT_EQ(turns, expected);
  });
}

struct Marked : std::runtime_error {
  explicit Marked(std::string text) : std::runtime_error(std::move(text)) {}
};

void let_others_run(Random& random) {
  switch (pick(random, 0, 3)) {
    case 0:
      return yield();
    case 1:
      return sleep_for(microseconds(pick(random, 0, 60)));
    case 2:
      return spawn([] {}).join();
    default:
      return blocking([] { burn(200); });
  }
}

// Each level is inside the handlers of all levels above it while others run.
void throw_and_wait(Random& random, const std::string& mark, int depth) {
  const std::string own = mark + "/" + std::to_string(depth);
  try {
    throw Marked(own);
  } catch (const Marked& caught) {
    let_others_run(random);
    EXPECT_EQ(caught.what(), own);
    if (depth > 0) throw_and_wait(random, mark, depth - 1);
    let_others_run(random);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
    try {
      throw;
    } catch (const std::exception& again) {
      EXPECT_EQ(again.what(), own);
    }
  }
}

struct YieldsWhenUnwound {
  ~YieldsWhenUnwound() {
    const int before = std::uncaught_exceptions();
    yield();
    EXPECT_EQ(std::uncaught_exceptions(), before);
  }
};

TEST(SchedStress, EachGoroutineKeepsItsOwnExceptionsAndErrno) {
  watched_rounds([](Random& random) {
    std::vector<Task<int>> tasks;
    const int count = pick(random, 1, 24);
    for (int i = 0; i < count; ++i) {
      tasks.push_back(spawn([i, mine = Random(random())]() mutable -> int {
        errno = 1000 + i;
        throw_and_wait(mine, std::to_string(i), pick(mine, 0, 4));
        try {
          const YieldsWhenUnwound unwound;
          throw i;
        } catch (int caught) {
          EXPECT_EQ(caught, i);
        }
        errno = 2000 + i;
        yield();
        EXPECT_EQ(errno, 2000 + i);
        throw Marked(std::to_string(i));
      }));
    }
    for (int i = 0; i < count; ++i) {
      try {
        tasks[static_cast<std::size_t>(i)].join();
        ADD_FAILURE() << "join() of " << i << " did not throw";
      } catch (const Marked& marked) {
        EXPECT_EQ(marked.what(), std::to_string(i));
      }
    }
  });
}

// Four start and finish others all the while.
TEST(SchedStress, NumGoroutinesMissesNoneThatLives) {
  watched_rounds([](Random& random) {
    std::atomic<bool> stop{false};
    std::vector<Task<void>> spawners;
    for (int i = 0; i < 4; ++i) {
      spawners.push_back(spawn([&stop, seed = random()] {
        Random own(seed);
        while (!stop) {
          Task<void> child = spawn([] {});
          if (pick(own, 0, 1) == 0) yield();
          child.join();
        }
      }));
    }
    for (int look = 0; look < 1000; ++look) {
      EXPECT_GE(num_goroutines(), 5u);
      if (look % 8 == 0) yield();
    }
    stop = true;
    for (Task<void>& spawner : spawners) spawner.join();
  });
}

// run() returns with goroutines in every state; none of them may go on before the next run().
TEST(SchedStress, GoroutinesStandStillBetweenRuns) {
  Watchdog watchdog;
  const Random::result_type seed = number_from_environment("WEFT_STRESS_SEED", std::random_device{}());
  std::cout << "seed " << seed << "\n";
  Random random(seed);
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(number_from_environment("WEFT_STRESS_SECONDS", 10)) / 2;
  while (std::chrono::steady_clock::now() < end) {
    watchdog.progress();
    set_max_procs(pick(random, 1, 8));
    std::atomic<bool> stop{false};
    std::atomic<int> ended{0};
    std::atomic<std::uint64_t> steps{0};
    const int count = pick(random, 1, 12);
    run([&] {
      for (int i = 0; i < count; ++i) {
        go([&, how = i % 4] {
          Permits own;
          while (!stop) {
            ++steps;
            if (how == 0) yield();
            if (how == 1) sleep_for(microseconds(10));
            if (how == 2) spawn([] {}).join();
            if (how == 3) {  // sections, and never a park
              own.give(false);
              own.take();
            }
          }
          ++ended;
        });
      }
      while (steps < 50) yield();
    });
    // A machine that runs user code is stopped by the monitor, which comes by each millisecond.
    std::uint64_t before = 0;
    do {
      before = steps;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    } while (before != steps);
    stop = true;
    run([&] {
      while (ended < count) yield();
    });
  }
}

}  // namespace
}  // namespace weft::stress
