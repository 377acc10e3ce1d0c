// ThreadPin: the thread stays, for the pinned goroutine; for an exclusive one it is nobody else's.
#include <gtest/gtest.h>

#include <unistd.h>
#include <atomic>
#include <set>
#include <vector>

#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace weft {
namespace {

thread_local int of_the_thread = 0;

TEST(ThreadPin, TheThreadStaysAcrossEveryKindOfWait) {
  set_max_procs(4);
  run([] {
    std::atomic<bool> stop{false};
    std::vector<Task<void>> others;
    for (int i = 0; i < 4; ++i) {
      others.push_back(spawn([&stop] {
        while (!stop) yield();
      }));
    }
    {
      const ThreadPin pin;
      const pid_t thread = ::gettid();
      for (int i = 0; i < 50; ++i) {
        yield();
        EXPECT_EQ(::gettid(), thread);
        sleep_for(std::chrono::microseconds(20));
        EXPECT_EQ(::gettid(), thread);
        spawn([] {}).join();
        EXPECT_EQ(::gettid(), thread);
        blocking([] { ::usleep(10); });
        EXPECT_EQ(::gettid(), thread);
      }
    }
    stop = true;
    for (auto& other : others) other.join();
  });
}

TEST(ThreadPin, Nests) {
  run([] {
    const ThreadPin outer;
    const pid_t thread = ::gettid();
    {
      const ThreadPin inner;
      const ThreadPin exclusive = ThreadPin::exclusive();
      sleep_for(std::chrono::microseconds(10));
      EXPECT_EQ(::gettid(), thread);
    }
    for (int i = 0; i < 20; ++i) {
      sleep_for(std::chrono::microseconds(10));
      EXPECT_EQ(::gettid(), thread);
    }
  });
}

TEST(ThreadPin, IsNothingOnAPlainThread) {
  const ThreadPin pin;
  const ThreadPin exclusive = ThreadPin::exclusive();
  EXPECT_EQ(spawn([] { return 1; }).join(), 1);
}

// While it waits, its thread serves others: one processor, one machine are enough.
TEST(ThreadPin, ItsThreadServesOthersWhileItWaits) {
  set_max_procs(1);
  run([] {
    auto ping = make_chan<int>();
    auto pong = make_chan<int>();
    auto pinned = spawn([ping, pong] {
      const ThreadPin pin;
      for (int i : ping) pong.send(i + 1);
    });
    for (int i = 0; i < 1'000; ++i) {
      ping.send(i);
      ASSERT_EQ(pong.recv(), i + 1);
    }
    ping.close();
    pinned.join();
  });
}

TEST(ThreadPin, AnExclusiveOnesThreadRunsNobodyElse) {
  set_max_procs(2);
  run([] {
    auto hold = make_chan<void>();
    auto held = make_chan<pid_t>();
    auto pinned = spawn([hold, held] {
      const ThreadPin pin = ThreadPin::exclusive();
      of_the_thread = 1;
      held.send(::gettid());
      hold.recv();
      of_the_thread = 0;
    });
    const pid_t thread = *held.recv();
    for (int i = 0; i < 200; ++i) {
      const auto [where, value] = spawn([] {
                                    yield();
                                    return std::pair(::gettid(), of_the_thread);
                                  }).join();
      EXPECT_NE(where, thread);
      EXPECT_EQ(value, 0);
    }
    hold.send();
    pinned.join();
  });
}

// Two pinned goroutines that wake each other over and over do not starve who waits in the queue.
TEST(ThreadPin, PinnedPingPongLeavesRoomForOthers) {
  set_max_procs(1);
  run([] {
    auto ping = make_chan<void>();
    auto pong = make_chan<void>();
    std::atomic<bool> stop{false};
    const auto player = [&stop](Chan<void> in, Chan<void> out) {
      const ThreadPin pin = ThreadPin::exclusive();
      while (in.recv() && !stop) out.send();
      out.close();
    };
    auto first = spawn([&, ping, pong] { player(ping, pong); });
    auto second = spawn([&, ping, pong] { player(pong, ping); });
    ping.send();
    for (int i = 0; i < 100; ++i) yield();
    stop = true;
    first.join();
    second.join();
  });
}

/// Pinned: sends its thread, then answers each number with the next one until `in` is closed.
Task<void> start_pinned_echo(Chan<int> in, Chan<int> out) {
  return spawn([in, out] {
    const ThreadPin pin;
    out.send(::gettid());
    for (int i : in) out.send(i + 1);
  });
}

// One that never comes back to the runtime runs on another thread than the pinned one's.
TEST(ThreadPin, OneThatSpinsForEverBesideItDoesNotStarveIt) {
  for (const int processors : {1, 2}) {
    set_max_procs(processors);
    run([] {
      auto in = make_chan<int>();
      auto out = make_chan<int>();
      auto pinned = start_pinned_echo(in, out);
      out.recv();
      std::atomic<bool> spins{false};
      std::atomic<bool> stop{false};
      auto spinner = spawn([&] {
        spins = true;
        while (!stop) {
        }
      });
      while (!spins) yield();
      for (int i = 0; i < 100; ++i) {
        in.send(i);
        ASSERT_EQ(out.recv(), i + 1);
      }
      stop = true;
      in.close();
      pinned.join();
      spinner.join();
    });
  }
}

// The same with one that the pinned goroutine itself has started and hands its thread to when it waits.
TEST(ThreadPin, ItsOwnChildThatSpinsForEverDoesNotStarveIt) {
  set_max_procs(1);
  run([] {
    const ThreadPin pin;
    std::atomic<bool> stop{false};
    auto spinner = spawn([&] {
      while (!stop) {
      }
    });
    yield();
    stop = true;
    spinner.join();
  });
}

// Refused by one pinned machine, it must not go round among the others for ever.
TEST(ThreadPin, WhoIsRefusedRunsThoughEveryThreadHasAPin) {
  for (const int processors : {1, 2, 4}) {
    set_max_procs(processors);
    run([] {
      constexpr int kPinned = 12;
      auto in = make_chan<int>();
      auto out = make_chan<int>();
      std::vector<Task<void>> pinned;
      std::set<int> threads;
      for (int i = 0; i < kPinned; ++i) {
        pinned.push_back(start_pinned_echo(in, out));
        threads.insert(*out.recv());
      }
      const ThreadPin pin;
      for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(threads.contains(spawn([] { return ::gettid(); }).join()));
        in.send(i);
        ASSERT_EQ(out.recv(), i + 1);
      }
      in.close();
      for (auto& task : pinned) task.join();
    });
  }
}

// Once it is trusted a goroutine runs on the pinned one's thread. If it then stays, but enters weft now and then, it
// makes room there for whom another thread has made ready.
TEST(ThreadPin, OneThatStaysMakesRoomAtItsNextCallIntoWeft) {
  set_max_procs(2);
  run([] {
    auto in = make_chan<int>();
    auto out = make_chan<int>();
    auto pinned = start_pinned_echo(in, out);
    const pid_t thread = *out.recv();
    std::atomic<bool> stays{false};
    std::atomic<bool> stop{false};
    auto neighbour = spawn([&, in, out, own = make_chan<int>(1)] {
      while (::gettid() != thread) {
        in.send(1);
        out.recv();
      }
      stays = true;
      while (!stop) {
        own.send(1);
        own.recv();
      }
    });
    while (!stays) yield();
    in.send(7);
    EXPECT_EQ(out.recv(), 8);
    stop = true;
    in.close();
    pinned.join();
    neighbour.join();
  });
}

}  // namespace
}  // namespace weft
