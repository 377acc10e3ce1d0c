// The explorer's own test: what it says of small programs whose outcomes are known, and that its reduction loses none.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "explorer/model.h"
#include "explorer/shim.h"
#include "weft/detail/atomic.h"
#include "weft/detail/spin_lock.h"

namespace {

using weft::detail::Atomic;
constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kSequential = std::memory_order_seq_cst;

// What each thread of one litmus test read, and all the ways it came out.
using Outcome = std::array<int, 4>;
struct Litmus {
  Atomic<int> x{0};
  Atomic<int> y{0};
  Outcome read{};
};

std::set<Outcome> outcomes(const std::vector<void (*)(Litmus&)>& threads) {
  std::set<Outcome> all;
  const model::Report report = model::explore({.name = "litmus"}, [&] {
    auto* litmus = new Litmus;
    for (void (*body)(Litmus&) : threads) model::thread("litmus", [litmus, body] { body(*litmus); });
    model::finally([litmus, &all] { all.insert(litmus->read); });
  });
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.failure, "");
  return all;
}

TEST(Litmus, StoreBufferingShowsBothStaleReads) {
  const auto all = outcomes({[](Litmus& l) {
                               l.x.store(1, kRelease);
                               l.read[0] = l.y.load(kAcquire);
                             },
                             [](Litmus& l) {
                               l.y.store(1, kRelease);
                               l.read[1] = l.x.load(kAcquire);
                             }});
  EXPECT_EQ(all.size(), 4u);
}

TEST(Litmus, FencesForbidBothStaleReads) {
  const auto all = outcomes({[](Litmus& l) {
                               l.x.store(1, kRelaxed);
                               weft::detail::fence_seq_cst();
                               l.read[0] = l.y.load(kRelaxed);
                             },
                             [](Litmus& l) {
                               l.y.store(1, kRelaxed);
                               weft::detail::fence_seq_cst();
                               l.read[1] = l.x.load(kRelaxed);
                             }});
  EXPECT_EQ(all, (std::set<Outcome>{{0, 1}, {1, 0}, {1, 1}}));
}

TEST(Litmus, SequentialAccessesForbidBothStaleReads) {
  const auto all = outcomes({[](Litmus& l) {
                               l.x.store(1, kSequential);
                               l.read[0] = l.y.load(kSequential);
                             },
                             [](Litmus& l) {
                               l.y.store(1, kSequential);
                               l.read[1] = l.x.load(kSequential);
                             }});
  EXPECT_EQ(all, (std::set<Outcome>{{0, 1}, {1, 0}, {1, 1}}));
}

TEST(Litmus, OneFenceIsNotEnough) {
  const auto all = outcomes({[](Litmus& l) {
                               l.x.store(1, kRelaxed);
                               weft::detail::fence_seq_cst();
                               l.read[0] = l.y.load(kRelaxed);
                             },
                             [](Litmus& l) {
                               l.y.store(1, kRelaxed);
                               l.read[1] = l.x.load(kRelaxed);
                             }});
  EXPECT_EQ(all.size(), 4u);
}

TEST(Litmus, MembarrierIsTheFenceOfWhoHasACompilerBarrier) {
  const auto all = outcomes({[](Litmus& l) {
                               l.x.store(1, kRelaxed);
                               weft::detail::compiler_barrier();
                               l.read[0] = l.y.load(kRelaxed);
                             },
                             [](Litmus& l) {
                               l.y.store(1, kRelaxed);
                               model::membarrier();
                               l.read[1] = l.x.load(kRelaxed);
                             }});
  EXPECT_EQ(all, (std::set<Outcome>{{0, 1}, {1, 0}, {1, 1}}));
}

TEST(Litmus, MembarrierIsNothingWithoutTheCompilerBarrier) {
  const auto all = outcomes({[](Litmus& l) {
                               l.x.store(1, kRelaxed);
                               l.read[0] = l.y.load(kRelaxed);
                             },
                             [](Litmus& l) {
                               l.y.store(1, kRelaxed);
                               model::membarrier();
                               l.read[1] = l.x.load(kRelaxed);
                             }});
  EXPECT_EQ(all.size(), 4u);
}

TEST(Litmus, MessagePassingNeedsReleaseAndAcquire) {
  const auto writer = [](Litmus& l) {
    l.x.store(1, kRelaxed);
    l.y.store(1, kRelease);
  };
  const auto reader = [](Litmus& l) {
    l.read[0] = l.y.load(kAcquire);
    l.read[1] = l.x.load(kRelaxed);
  };
  EXPECT_EQ(outcomes({writer, reader}), (std::set<Outcome>{{0, 0}, {0, 1}, {1, 1}}));
  const auto relaxed_reader = [](Litmus& l) {
    l.read[0] = l.y.load(kRelaxed);
    l.read[1] = l.x.load(kRelaxed);
  };
  EXPECT_TRUE(outcomes({writer, relaxed_reader}).contains(Outcome{1, 0}));
}

TEST(Litmus, IndependentReadersMayDisagreeUnlessSequential) {
  const auto write_x = [](Litmus& l) { l.x.store(1, kRelease); };
  const auto write_y = [](Litmus& l) { l.y.store(1, kRelease); };
  const auto all = outcomes({write_x, write_y,
                             [](Litmus& l) {
                               l.read[0] = l.x.load(kAcquire);
                               l.read[1] = l.y.load(kAcquire);
                             },
                             [](Litmus& l) {
                               l.read[2] = l.y.load(kAcquire);
                               l.read[3] = l.x.load(kAcquire);
                             }});
  EXPECT_EQ(all.size(), 16u);
  const auto sequential =
      outcomes({[](Litmus& l) { l.x.store(1, kSequential); }, [](Litmus& l) { l.y.store(1, kSequential); },
                [](Litmus& l) {
                  l.read[0] = l.x.load(kSequential);
                  l.read[1] = l.y.load(kSequential);
                },
                [](Litmus& l) {
                  l.read[2] = l.y.load(kSequential);
                  l.read[3] = l.x.load(kSequential);
                }});
  EXPECT_FALSE(sequential.contains(Outcome{1, 0, 1, 0}));
  EXPECT_EQ(sequential.size(), 15u);
}

TEST(Litmus, AReadDoesNotGoBack) {
  const auto all = outcomes({[](Litmus& l) {
                               l.x.store(1, kRelaxed);
                               l.x.store(2, kRelaxed);
                             },
                             [](Litmus& l) {
                               l.read[0] = l.x.load(kRelaxed);
                               l.read[1] = l.x.load(kRelaxed);
                             }});
  EXPECT_EQ(all, (std::set<Outcome>{{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}}));
}

TEST(Litmus, ReadModifyWritesAreAtomicAndPassTheReleaseOn) {
  const auto add = [](Litmus& l) { l.x.fetch_add(1, kRelaxed); };
  const auto all = outcomes({[](Litmus& l) { l.read[0] = l.x.fetch_add(1, kRelaxed); },
                             [](Litmus& l) { l.read[1] = l.x.fetch_add(1, kRelaxed); }});
  EXPECT_EQ(all, (std::set<Outcome>{{0, 1}, {1, 0}}));
  const auto passed = outcomes({[](Litmus& l) {
                                  l.y.store(7, kRelaxed);
                                  l.x.store(1, kRelease);
                                },
                                add,
                                [](Litmus& l) {
                                  l.read[0] = l.x.load(kAcquire);
                                  l.read[1] = l.y.load(kRelaxed);
                                }});
  EXPECT_FALSE(passed.contains(Outcome{2, 0}));
}

TEST(Plain, ARaceOnPlainMemoryIsFound) {
  const auto explore = [](std::memory_order order) {
    return model::explore({.name = "plain"}, [order] {
      struct Box {
        Atomic<int> full{0};
        int value = 0;
      };
      auto* box = new Box;
      model::thread("writer", [box, order] {
        box->value = 1;
        box->full.store(1, order);
      });
      model::thread("reader", [box] {
        if (box->full.load(kAcquire) == 1) model::check(box->value == 1, "the value is there");
      });
    });
  };
  model::expect_holds(explore(kRelease));
  model::expect_breaks(explore(kRelaxed), "data race");
}

TEST(Plain, AUseAfterFreeIsFound) {
  const auto report = model::explore({.name = "freed"}, [] {
    auto* box = new int(1);
    auto* gone = new Atomic<int>(0);
    model::thread("owner", [=] {
      delete box;
      gone->store(1, kRelease);
    });
    model::thread("user", [=] {
      if (gone->load(kAcquire) == 1) model::check(*box == 1, "unreachable");
    });
  });
  model::expect_breaks(report, "use of freed memory");
}

// Whichever comes first where nothing orders the two.
TEST(Plain, FreeingWhatMayStillBeTouchedIsFound) {
  const auto explore = [](std::memory_order order) {
    return model::explore({.name = "freed atomic"}, [order] {
      auto* count = new Atomic<int>(2);
      for (const char* name : {"one", "other"}) {
        model::thread(name, [=] {
          if (count->fetch_sub(1, order) == 1) delete count;
        });
      }
    });
  };
  model::expect_holds(explore(std::memory_order_acq_rel));
  model::expect_breaks(explore(std::memory_order_relaxed), "memory is freed that another thread may still touch");
}

TEST(Park, EachReadyIsForOnePark) {
  const auto explore = [](int readies) {
    return model::explore({.name = "park"}, [readies] {
      model::thread("sleeper", [] {
        model::park();
        model::park();
      });
      model::thread("waker", [readies] {
        for (int i = 0; i < readies; ++i) model::ready(0);
      });
    });
  };
  model::expect_breaks(explore(1), "nobody can run");
  model::expect_breaks(explore(2), "is ready already");
}

TEST(Locks, ExcludeAndAreTakenInEveryOrder) {
  std::set<std::string> orders;
  const auto report = model::explore({.name = "lock order"}, [&orders] {
    struct Shared {
      weft::detail::SpinLock lock;
      char order[4] = {};
      std::size_t taken = 0;
    };
    auto* shared = new Shared;
    for (char who = 'a'; who < 'd'; ++who) {
      model::thread("taker", [shared, who] {
        weft::detail::SpinGuard guard(shared->lock);
        shared->order[shared->taken++] = who;
      });
    }
    model::finally([shared, &orders] { orders.insert(shared->order); });
  });
  model::expect_holds(report);
  EXPECT_EQ(orders.size(), 6u);
  EXPECT_EQ(report.executions, 6u);
}

TEST(Locks, TwoInOppositeOrdersDeadlock) {
  const auto report = model::explore({.name = "opposite orders"}, [] {
    auto* locks = new weft::detail::SpinLock[2];
    for (int first = 0; first < 2; ++first) {
      model::thread("taker", [locks, first] {
        weft::detail::SpinGuard one(locks[first]);
        weft::detail::SpinGuard other(locks[1 - first]);
      });
    }
  });
  model::expect_breaks(report, "nobody can run");
}

// Random programs of three threads: the reduced exploration ends in the same outcomes as that of every interleaving.
struct Step {
  int kind, location, order;
};
using Program = std::vector<std::vector<Step>>;

Program random_program(std::mt19937& random) {
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Program program(pick(2) == 0 ? 2 : 3);
  for (auto& thread : program) {
    const int steps = program.size() == 2 ? 3 + pick(2) : 1 + pick(2);
    for (int i = 0; i < steps; ++i) thread.push_back({pick(10), pick(2), pick(3)});
  }
  return program;
}

struct Machine {
  Atomic<int> words[2];
  weft::detail::SpinLock lock;
  int in_lock = 0;
  std::array<int, 16> read{};
};

void perform(Machine& m, const Step& step, int thread, std::size_t at) {
  Atomic<int>& word = m.words[step.location];
  int& read = m.read[static_cast<std::size_t>(thread) * 5 + at];
  const int value = thread * 10 + static_cast<int>(at) + 1;
  constexpr std::memory_order kStores[] = {kRelaxed, kRelease, kSequential};
  constexpr std::memory_order kLoads[] = {kRelaxed, kAcquire, kSequential};
  constexpr std::memory_order kBoth[] = {kRelaxed, std::memory_order_acq_rel, kSequential};
  switch (step.kind) {
    case 0:
    case 1:
    case 2:
      word.store(value, kStores[step.order]);
      return;
    case 3:
    case 4:
    case 5:
      read = word.load(kLoads[step.order]);
      return;
    case 6:
      read = word.fetch_add(100, kBoth[step.order]);
      return;
    case 7: {
      int expected = step.location;
      read = word.compare_exchange_strong(expected, value, kBoth[step.order], kLoads[step.order]) ? 1 : expected;
      return;
    }
    case 8:
      if (step.order == 0) return model::membarrier();
      if (step.order == 1) return weft::detail::compiler_barrier();
      return weft::detail::fence_seq_cst();
    default:
      if (step.order == 0 && !m.lock.try_lock()) return;
      if (step.order != 0) m.lock.lock();
      read = ++m.in_lock;
      m.lock.unlock();
  }
}

std::string describe(const Program& program) {
  std::string text;
  for (const auto& thread : program) {
    text += "thread:";
    for (const Step& s : thread) {
      text += " " + std::to_string(s.kind) + "/" + std::to_string(s.location) + "/" + std::to_string(s.order);
    }
    text += "\n";
  }
  return text;
}

using Ending = std::pair<std::array<int, 16>, std::array<int, 2>>;

std::set<Ending> endings(const Program& program, bool reduction, std::uint64_t& executions) {
  std::set<Ending> all;
  const auto report = model::explore({.name = "random program", .limit_seconds = 600, .reduction = reduction}, [&] {
    auto* machine = new Machine;
    for (int thread = 0; thread < static_cast<int>(program.size()); ++thread) {
      model::thread("random", [=, &program] {
        const auto& steps = program[static_cast<std::size_t>(thread)];
        for (std::size_t i = 0; i < steps.size(); ++i) perform(*machine, steps[i], thread, i);
      });
    }
    model::finally(
        [machine, &all] { all.insert({machine->read, {machine->words[0].load(), machine->words[1].load()}}); });
  });
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.failure, "");
  executions += report.executions;
  return all;
}

TEST(Reduction, LosesNoOutcomeOfRandomPrograms) {
  const char* given = std::getenv("WEFT_MODEL_SEED");
  const char* rounds = std::getenv("WEFT_MODEL_ROUNDS");
  const auto seed = static_cast<unsigned>(given != nullptr ? std::strtoul(given, nullptr, 10) : 1);
  std::mt19937 random(seed);
  std::uint64_t reduced = 0, all = 0;
  for (int round = rounds != nullptr ? std::atoi(rounds) : 150; round > 0; --round) {
    const Program program = random_program(random);
    ASSERT_EQ(endings(program, true, reduced), endings(program, false, all))
        << "WEFT_MODEL_SEED=" << seed << " round " << round << "\n"
        << describe(program);
  }
  std::printf("random programs, seed %u: %llu executions in place of %llu\n", seed,
              static_cast<unsigned long long>(reduced), static_cast<unsigned long long>(all));
  EXPECT_LT(reduced * 4, all);
}

}  // namespace
