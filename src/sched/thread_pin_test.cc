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

}  // namespace
}  // namespace weft
