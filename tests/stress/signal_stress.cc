// Subscribers that come and go while signals arrive on any thread: each gets what arrived while it was subscribed.
#include <algorithm>
#include <csignal>
#include <span>
#include <vector>

#include "stress/stress.h"
#include "weft/context.h"
#include "weft/signal.h"

namespace weft::stress {
namespace {

// Alone with its number: what it raises while it is subscribed is in the channel when stop() returns, once.
void come_and_go(int number, int times, bool yields) {
  for (int i = 0; i < times; ++i) {
    const RecvChan<int> signals = signal::notify({number, SIGUSR1});
    ::raise(number);
    if (yields) yield();
    signal::stop(signals);
    int own = 0;
    for (const int got : signals) own += got == number ? 1 : 0;
    ASSERT_EQ(own, 1) << "signal " << number << ", time " << i;
  }
}

TEST(SignalStress, WhatArrivesIsReceivedWhoeverComesAndGoes) {
  const RecvChan<int> always = signal::notify({SIGUSR1});  // it never falls back to the default, which ends the process
  watched_rounds([&](Random& random) {
    std::vector<Task<void>> others;
    for (int i = pick(random, 1, 4); i > 0; --i) {
      others.push_back(spawn([number = SIGRTMIN + 1 + i, times = pick(random, 1, 50),
                              yields = pick(random, 0, 1) == 0] { come_and_go(number, times, yields); }));
    }
    // One at a time, each received before the next: a lost one hangs.
    for (int i = pick(random, 1, 200); i > 0; --i) {
      ::raise(SIGUSR1);
      ASSERT_EQ(always.recv(), SIGUSR1);
    }
    for (Task<void>& other : others) other.join();
  });
  signal::stop(always);
}

// Nobody receives before the end: each number stands in the channel where it stood when it came first.
TEST(SignalStress, TheyComeInTheOrderOfArrival) {
  watched_rounds([](Random& random) {
    const std::vector<int> numbers{SIGUSR1, SIGRTMIN + 7, SIGHUP, SIGUSR2, SIGRTMIN + 8};
    const RecvChan<int> signals = signal::notify(std::span<const int>(numbers));
    std::vector<int> expected;
    for (int i = pick(random, 1, 30); i > 0; --i) {
      const int number = numbers[static_cast<std::size_t>(pick(random, 0, static_cast<int>(numbers.size()) - 1))];
      ::raise(number);
      if (std::ranges::find(expected, number) == expected.end()) expected.push_back(number);
      if (pick(random, 0, 9) == 0) yield();
    }
    signal::stop(signals);
    std::vector<int> got;
    for (const int number : signals) got.push_back(number);
    EXPECT_EQ(got, expected);
  });
}

bool is_default(int number) {
  struct sigaction action{};
  ::sigaction(number, nullptr, &action);
  return action.sa_handler == SIG_DFL;
}

// Whoever ends it, and several at once: who sees it done finds the signal given back.
TEST(SignalStress, AContextIsDoneWhenItsSignalIsGivenBack) {
  watched_rounds([](Random& random) {
    const int number = SIGRTMIN + 6;
    const CancelContext above = with_cancel({});
    const auto limit = std::chrono::microseconds(pick(random, 0, 3) == 0 ? pick(random, 0, 100) : 1'000'000);
    const CancelContext made = signal::with_context(with_timeout(above.context, limit), {number});
    std::vector<Task<void>> others;
    for (int i = pick(random, 0, 3); i > 0; --i) {
      others.push_back(spawn([&] {
        made.context.done().recv();
        EXPECT_TRUE(is_default(number));
      }));
    }
    for (int i = pick(random, 1, 3); i > 0; --i) {
      others.push_back(spawn([&, from_above = pick(random, 0, 1) == 0] {
        from_above ? above.cancel() : made.cancel();
        EXPECT_TRUE(made.context.error());
        EXPECT_TRUE(is_default(number));
      }));
    }
    if (pick(random, 0, 1) == 0) yield();
    for (Task<void>& other : others) other.join();
  });
}

}  // namespace
}  // namespace weft::stress
