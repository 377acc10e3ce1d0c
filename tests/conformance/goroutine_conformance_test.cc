// Goroutines and their processors as Go's scheduler suite describes them. There is no Goexit: a goroutine ends by
// returning.
#include <atomic>
#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/error.h"
#include "weft/select.h"
#include "weft/sync/wait_group.h"
#include "weft/time.h"

namespace {

using conformance::Crew;
using conformance::in_runtime;
using conformance::Side;
using namespace std::chrono_literals;
using weft::make_chan;

// A goroutine that only yields leaves room for the one that will stop it.
void poll_until_told(bool pinned) {
  auto stop = make_chan<void>();
  auto stopped = make_chan<void>();
  weft::go([=] {
    std::optional<weft::ThreadPin> pin;
    if (pinned) pin.emplace();
    bool told = false;
    while (!told) weft::select(weft::on_recv(stop, [&](bool) { told = true; }), weft::otherwise([] { weft::yield(); }));
    stopped.send();
  });
  weft::sleep_for(5ms);
  stop.send();
  EXPECT_TRUE(stopped.recv());
}

TEST(GoroutineConformance, YieldLetsOthersProgress) {
  for (int processors : {1, 4}) in_runtime(processors, [] { poll_until_told(false); });
}

TEST(GoroutineConformance, YieldOfAPinnedGoroutineLetsOthersProgress) {
  for (int processors : {1, 4}) in_runtime(processors, [] { poll_until_told(true); });
}

TEST(GoroutineConformance, APinnedGoroutineSleepsAndYields) {
  in_runtime(2, [] {
    auto done = make_chan<void>();
    weft::go([done] {
      weft::ThreadPin pin;
      const std::thread::id home = std::this_thread::get_id();
      for (int i = 0; i < 10; ++i) {
        weft::yield();
        EXPECT_EQ(std::this_thread::get_id(), home);
        weft::sleep_for(1ms);
        EXPECT_EQ(std::this_thread::get_id(), home);
      }
      done.send();
    });
    EXPECT_TRUE(done.recv());
  });
}

TEST(GoroutineConformance, APinnedGoroutineBlocksOnAChannel) {
  in_runtime(2, [] {
    auto c = make_chan<int>();
    weft::go([c] {
      weft::ThreadPin pin;
      for (int i = 0; i < 100; ++i) c.send(i);
    });
    for (int i = 0; i < 100; ++i) EXPECT_EQ(c.recv(), i);
  });
}

TEST(GoroutineConformance, PinsNest) {
  in_runtime(4, [] {
    Crew others(Side::kGoroutines);
    for (int i = 0; i < 4; ++i) {
      others.go([] {
        for (int n = 0; n < 2'000; ++n) weft::yield();
      });
    }
    weft::spawn([] {
      weft::ThreadPin outer;
      const std::thread::id home = std::this_thread::get_id();
      {
        weft::ThreadPin inner;
      }
      for (int i = 0; i < 200; ++i) {
        weft::yield();
        ASSERT_EQ(std::this_thread::get_id(), home) << "the inner pin's end freed the outer";
      }
    }).join();
  });
}

// All of them must run at the same time: each spins, without a call into weft, until its turn.
void take_turns_spinning(int goroutines) {
  std::atomic<int> turn{0};
  Crew crew(Side::kGoroutines);
  for (int id = 0; id < goroutines; ++id) {
    crew.go([&turn, goroutines, id] {
      for (int lap = 0; lap < 3; ++lap) {
        while (turn != goroutines * lap + id) {
        }
        ++turn;
      }
    });
  }
}

TEST(GoroutineConformance, AsManySpinnersAsProcessorsRunTogether) {
  for (int round = 0; round < 3; ++round) in_runtime(4, [] { take_turns_spinning(4); });
}

TEST(GoroutineConformance, MoreSpinnersThanProcessorsAllProgress) {
  in_runtime(1, [] { take_turns_spinning(2); });
  in_runtime(2, [] { take_turns_spinning(5); });
}

TEST(GoroutineConformance, ForeignCallsDoNotHoldTheOthersUp) {
  in_runtime(2, [] {
    constexpr int kGoroutines = 8;
    for (int microseconds : {10, 100, 1000}) {
      auto started = make_chan<void>(kGoroutines);
      std::atomic<bool> stop{false};
      Crew crew(Side::kGoroutines);
      for (int i = 0; i < kGoroutines; ++i) {
        crew.go([&, microseconds] {
          started.send();
          while (!stop) ::usleep(static_cast<useconds_t>(microseconds));
        });
      }
      for (int i = 0; i < kGoroutines; ++i) started.recv();  // all have started though none gives way by itself
      stop = true;
    }
  });
}

TEST(GoroutineConformance, ATimerIsSeenByASelectThatIsAlwaysReady) {
  for (int processors : {1, 2}) {
    in_runtime(processors, [] {
      auto busy = make_chan<void>();
      auto done = make_chan<void>();
      Crew crew(Side::kGoroutines);
      for (int i = 0; i < 2; ++i) {
        crew.go([=] {
          for (bool over = false; !over;) {
            weft::select(weft::on_send(busy, [] {}), weft::on_recv(done, [&](bool) { over = true; }));
          }
        });
      }
      auto timer = weft::after(20ms);
      for (bool over = false; !over;) {
        weft::select(weft::on_recv(busy, [](bool) {}), weft::on_recv(timer, [&](auto) { over = true; }));
      }
      done.close();
    });
  }
}

TEST(GoroutineConformance, NumGoroutinesCountsTheLiving) {
  in_runtime(4, [] {
    const std::size_t before = weft::num_goroutines();  // who was joined just now may not have ended yet
    auto release = make_chan<void>();
    Crew crew(Side::kGoroutines);
    for (int i = 0; i < 50; ++i) crew.go([release] { release.recv(); });
    EXPECT_GE(weft::num_goroutines(), 1u + 50);
    EXPECT_LE(weft::num_goroutines(), before + 50);
    release.close();
    crew.join();
    conformance::until([&] { return weft::num_goroutines() <= before; });
  });
}

TEST(GoroutineConformance, ProcessorsComeAndGoUnderLoad) {
  in_runtime(3, [] {
    std::atomic<bool> stop{false};
    weft::WaitGroup chain;
    std::function<void()> next = [&] {
      if (!stop) chain.go(next);
    };
    chain.go(next);
    Crew crew(Side::kGoroutines);
    for (int i = 0; i < 2; ++i) {
      crew.go([i] {
        for (int n = 0; n < 3'000; ++n) weft::set_max_procs(1 + (n + i) % 4);
      });
    }
    crew.join();
    stop = true;
    chain.wait();
  });
}

TEST(GoroutineConformance, AnAbsurdNumberOfProcessorsIsRefused) {
  const int before = weft::max_procs();
  EXPECT_THROW(weft::set_max_procs(1 << 20), weft::usage_error);
  EXPECT_EQ(weft::max_procs(), before);
  EXPECT_EQ(weft::set_max_procs(0), before);
}

TEST(GoroutineConformance, IdsAreUniqueAndAPlainThreadHasNone) {
  EXPECT_EQ(weft::goroutine_id(), 0U);
  in_runtime(4, [] {
    constexpr int kGoroutines = 500;
    auto ids = make_chan<std::uint64_t>(kGoroutines);
    Crew crew(Side::kGoroutines);
    for (int i = 0; i < kGoroutines; ++i) {
      crew.go([ids] {
        const std::uint64_t id = weft::goroutine_id();
        weft::yield();
        EXPECT_EQ(weft::goroutine_id(), id);
        ids.send(id);
      });
    }
    std::set<std::uint64_t> seen{0, weft::goroutine_id()};
    for (int i = 0; i < kGoroutines; ++i) EXPECT_TRUE(seen.insert(ids.recv().value()).second);
  });
}

// An exception in flight belongs to its goroutine, wherever that waits and whoever throws meanwhile.
TEST(GoroutineConformance, ACatchBlockMayWaitWhileOthersThrow) {
  in_runtime(2, [] {
    Crew crew(Side::kGoroutines);
    for (int id = 0; id < 20; ++id) {
      crew.go([id] {
        const std::string mine = "thrown by " + std::to_string(id);
        for (int i = 0; i < 50; ++i) {
          try {
            throw std::runtime_error(mine);
          } catch (const std::runtime_error& outer) {
            weft::yield();
            try {
              throw std::logic_error(mine + ", inner");
            } catch (const std::logic_error& inner) {
              weft::yield();
              ASSERT_EQ(inner.what(), mine + ", inner");
            }
            weft::yield();
            ASSERT_EQ(outer.what(), mine);
            ASSERT_NE(std::current_exception(), nullptr);
          }
          ASSERT_EQ(std::current_exception(), nullptr);
        }
      });
    }
  });
}

// A destructor that runs because of an exception may wait, and an exception thrown and caught in it changes nothing.
TEST(GoroutineConformance, UnwindingMayWait) {
  struct WaitsWhenUnwound {
    ~WaitsWhenUnwound() {
      EXPECT_EQ(std::uncaught_exceptions(), 1);
      weft::sleep_for(1ms);
      try {
        throw std::logic_error("inside");
      } catch (const std::logic_error&) {
        weft::yield();
      }
      EXPECT_EQ(std::uncaught_exceptions(), 1);
    }
  };
  in_runtime(2, [] {
    Crew crew(Side::kGoroutines);
    for (int i = 0; i < 10; ++i) {
      crew.go([] {
        EXPECT_THROW(
            {
              WaitsWhenUnwound guard;
              throw std::runtime_error("outside");
            },
            std::runtime_error);
      });
    }
  });
}

TEST(GoroutineConformance, JoinRethrowsWhatLeftTheGoroutine) {
  in_runtime(2, [] {
    weft::Task<int> fails = weft::spawn([]() -> int { throw std::runtime_error("at join"); });
    EXPECT_THROW(fails.join(), std::runtime_error);
    EXPECT_THROW(fails.join(), weft::usage_error);
  });
}

}  // namespace
