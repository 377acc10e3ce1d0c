// Trees of contexts cancelled from all sides, timers stopped while they fire, pools aged while they are used.
#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <memory>
#include <stop_token>
#include <vector>

#include "stress/chan_stress_support.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

std::chrono::nanoseconds some_time(Random& random) { return std::chrono::nanoseconds(pick(random, 0, 100000)); }

// Grows a tree below `parent`, waits for some of it, drops most of it.
void grow(const Context& parent, Random& random, int depth, const std::shared_ptr<std::atomic<int>>& callbacks) {
  static ContextKey<int> key;
  for (int i = pick(random, 1, 3); i > 0 && depth > 0; --i) {
    switch (pick(random, 0, 4)) {
      case 0: {
        auto [ctx, cancel] = with_cancel(parent);
        grow(ctx, random, depth - 1, callbacks);
        if (pick(random, 0, 1) == 0) cancel();
        break;
      }
      case 1:
        grow(with_timeout(parent, some_time(random)), random, depth - 1, callbacks);
        break;
      case 2:
        grow(with_value(parent, key, depth), random, depth - 1, callbacks);
        break;
      case 3: {
        const Context ctx = with_timeout(parent, some_time(random));
        const ContextCallback callback = after_func(ctx, [callbacks] { ++*callbacks; });
        ctx.done().recv();
        EXPECT_TRUE(ctx.error());
        break;
      }
      default:
        yield();
    }
  }
}

TEST(ContextStress, Trees) {
  rounds([](Random& random) {
    auto callbacks = std::make_shared<std::atomic<int>>(0);
    auto [root, cancel] = with_cancel(Context());
    WaitGroup group;
    for (int i = 0; i < 8; ++i) {
      group.go([&, parent = root, seed = random()] {
        Random own(seed);
        for (int n = 0; n < 5; ++n) grow(parent, own, 5, callbacks);
      });
    }
    sleep_for(some_time(random));
    cancel();
    group.wait();
    EXPECT_TRUE(root.error());
  });
}

int number_of(const std::exception_ptr& cause) {
  try {
    std::rethrow_exception(cause);
  } catch (int number) {
    return number;
  }
}

// However many cancel, and wherever: each finds all below done when its call returns, and why goes from node to node.
TEST(ContextStress, EveryCancelReachesTheBottom) {
  constexpr int kLate = -1;
  rounds([](Random& random) {
    std::vector<CancelContext> path{with_cancel({})};
    std::vector<CancelContext> siblings;
    const int depth = pick(random, 1, 12);
    while (static_cast<int>(path.size()) < depth) {
      Context parent = path.back().context;
      for (int i = pick(random, 0, 8); i > 0; --i) siblings.push_back(with_cancel(parent));
      if (pick(random, 0, 3) == 0) parent = with_timeout(parent, some_time(random), std::make_exception_ptr(kLate));
      path.push_back(with_cancel(parent));
    }
    WaitGroup group;
    for (int i = pick(random, 2, 6); i > 0; --i) {
      group.go([&, at = pick(random, 0, 1) == 0 ? 0 : pick(random, 0, depth - 1)] {
        path[static_cast<std::size_t>(at)].cancel(std::make_exception_ptr(at));
        EXPECT_TRUE(path.back().context.error());
      });
    }
    group.wait();
    for (int above = kLate, at = 0; at < depth; ++at) {
      const Context& context = path[static_cast<std::size_t>(at)].context;
      if (!context.error()) continue;
      const int cause = number_of(context.cause());
      EXPECT_TRUE(cause == at || cause == kLate || cause == above) << at << " because of " << cause;
      above = cause;
    }
  });
}

// Whoever sees a node done may drop the last handles while the stop is still on its way down.
TEST(ContextStress, WhatAStopEndsGoesMeanwhile) {
  rounds([](Random& random) {
    std::stop_source source;
    std::vector<Context> path{with_cancel(with_stop_token(Context(), source.get_token())).context};
    for (int i = pick(random, 0, 30); i > 0; --i) path.push_back(with_cancel(path.back()).context);
    const auto watched = static_cast<std::size_t>(pick(random, 0, static_cast<int>(path.size()) - 1));
    auto dropper = spawn([&] {
      while (!path[watched].error()) yield();
      path.clear();
    });
    if (pick(random, 0, 1) == 0) yield();
    source.request_stop();
    dropper.join();
  });
}

TEST(TimeStress, TimersAgainstStopAndReset) {
  rounds([](Random& random) {
    auto timer = std::make_unique<Timer>(some_time(random));
    auto ticker = std::make_unique<Ticker>(std::chrono::nanoseconds(pick(random, 1, 50000)));
    WaitGroup group;
    for (int i = 0; i < 4; ++i) {
      group.go([&, seed = random()] {
        Random own(seed);
        for (int n = 0; n < 200; ++n) {
          switch (pick(own, 0, 5)) {
            case 0:
              timer->stop();
              break;
            case 1:
              timer->reset(some_time(own));
              break;
            case 2:
              ticker->stop();
              break;
            case 3:
              ticker->reset(some_time(own) + std::chrono::nanoseconds(1));
              break;
            case 4:
              timer->chan().try_recv();
              break;
            default:
              ticker->chan().try_recv();
          }
          if (pick(own, 0, 7) == 0) yield();
        }
      });
    }
    group.wait();
    timer->stop();
    EXPECT_TRUE(timer->chan().try_recv().empty);
    timer->reset(some_time(random));
    EXPECT_TRUE(timer->chan().recv().has_value());
    ticker->reset(std::chrono::microseconds(20));
    EXPECT_TRUE(ticker->chan().recv().has_value());
    timer.reset();
    ticker.reset();
  });
}

TEST(TimeStress, AfterFuncRunsAsOftenAsItWasNotPrevented) {
  rounds([](Random& random) {
    std::atomic<int> ran{0};
    int due = 0;
    for (int i = 0; i < 100; ++i) {
      FunctionTimer timer = after_func(some_time(random), [&] { ++ran; });
      ++due;
      if (pick(random, 0, 1) == 0) sleep_for(some_time(random) / 4);
      if (pick(random, 0, 1) == 0 && timer.stop()) --due;
      if (pick(random, 0, 3) == 0 && !timer.reset(some_time(random))) ++due;
    }
    while (ran < due) yield();
    while (num_goroutines() > 1) yield();
    EXPECT_EQ(ran, due);
  });
}

struct Item {
  std::atomic<bool> used{false};
  int dirt = 0;
};

TEST(PoolStress, NobodySharesAndNothingIsDirtyWhileItAges) {
  rounds([](Random& random) {
    std::atomic<int> made{0}, gone{0};
    struct Counted : Item {
      explicit Counted(std::atomic<int>& m, std::atomic<int>& g) : gone_counter(&g) { ++m; }
      ~Counted() { ++*gone_counter; }
      std::atomic<int>* gone_counter;
    };
    {
      Pool<std::unique_ptr<Counted>> pool([&] { return std::make_unique<Counted>(made, gone); },
                                          [](std::unique_ptr<Counted>& item) { item->dirt = 0; },
                                          {.max_idle = std::chrono::microseconds(pick(random, 50, 2000))});
      WaitGroup group;
      for (int i = 0; i < 6; ++i) {
        group.go([&, seed = random()] {
          Random own(seed);
          std::vector<Pool<std::unique_ptr<Counted>>::Handle> held;
          for (int n = 0; n < 400; ++n) {
            auto item = pool.get();
            EXPECT_FALSE((*item)->used.exchange(true));
            EXPECT_EQ((*item)->dirt, 0);
            (*item)->dirt = n + 1;
            if (pick(own, 0, 4) == 0) yield();
            if (pick(own, 0, 2) == 0) {
              held.push_back(std::move(item));
            } else {
              (*item)->used = false;
            }
            if (held.size() > 80) {
              for (auto& h : held) (*h)->used = false;
              held.clear();
            }
            if (pick(own, 0, 199) == 0) pool.age_for_testing();
          }
          for (auto& h : held) (*h)->used = false;
        });
      }
      group.wait();
    }
    while (num_goroutines() > 1) yield();  // an ageing that was under way holds the rest
    EXPECT_EQ(made, gone);
  });
}

TEST(GroupStress, LimitsAndFailures) {
  rounds([](Random& random) {
    const int limit = pick(random, 1, 6);
    const int failing = pick(random, 0, 60);
    Group group;
    group.set_limit(limit);
    std::atomic<int> running{0};
    for (int i = 0; i < 50; ++i) {
      group.go([&, i] {
        EXPECT_LE(++running, limit);
        if (i % 3 == 0) yield();
        --running;
        if (i == failing) throw i;
      });
    }
    try {
      group.wait();
      EXPECT_GE(failing, 50);
    } catch (int which) {
      EXPECT_EQ(which, failing);
    }
    WorkerPool jobs({.workers = limit, .queue = pick(random, 0, 5)});
    std::atomic<int> done{0};
    int accepted = 0;
    for (int i = 0; i < 100; ++i) {
      if (pick(random, 0, 1) == 0) {
        accepted += jobs.try_submit([&] { ++done; }) ? 1 : 0;
      } else {
        jobs.submit(Context(), [&] { ++done; });
        ++accepted;
      }
    }
    jobs.drain();
    EXPECT_EQ(done, accepted);
  });
}

// Those inside the pool's door when it drains are accepted; who is turned away still has its job.
TEST(PoolStress, SubmissionsRaceADrain) {
  rounds([](Random& random) {
    const int submitters = pick(random, 1, 6);
    WorkerPool jobs({.workers = pick(random, 1, 3), .queue = pick(random, 0, 40)});
    std::atomic<int> done{0};
    std::atomic<int> accepted{0};
    const bool waits_for_room = pick(random, 0, 1) == 1;
    Group group;
    for (int i = 0; i < submitters; ++i) {
      group.go([&] {
        while (true) {
          auto job = [&done, token = std::make_unique<int>(1)] { done += *token; };
          std::error_code ec;
          if (waits_for_room) {
            jobs.submit(Context(), std::move(job), ec);
          } else if (!jobs.try_submit(std::move(job))) {
            job();  // NOLINT(bugprone-use-after-move): it still has its token
            --done;
            ec = errc::shutting_down;
          }
          if (ec) return;
          ++accepted;
        }
      });
    }
    for (int i = pick(random, 0, 20); i > 0; --i) yield();
    jobs.drain();
    group.wait();
    EXPECT_EQ(done, accepted);
  });
}

}  // namespace
}  // namespace weft::stress
