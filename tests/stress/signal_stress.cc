// Subscribers that come and go while signals arrive on any thread: each gets what arrived while it was subscribed.
#include <csignal>
#include <vector>

#include "stress/stress.h"
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

}  // namespace
}  // namespace weft::stress
