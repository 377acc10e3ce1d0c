// The Mutex: one holder, who sees what the last one did; nobody waits for ever, with deadlines and hand-over as well.
#include "sync/chan_context.cc"
#include "sync/mutex.cc"
#include "sync/select_core.cc"
#include "sync/wait.cc"

#include "channel_fixture.h"
#include "no_contexts.h"
#include "timer_fixture.h"
#include "weft/sync/mutex.h"

namespace weft {
void yield() noexcept {}
int max_procs() noexcept { return 2; }
}  // namespace weft

namespace {

using model::check;

struct Shared {
  weft::Mutex mutex;
  int inside = 0;  // plain: two holders at once would race
  int turns = 0;
};

void turn(Shared* shared) {
  check(++shared->inside == 1, "one holder at a time");
  ++shared->turns;
  --shared->inside;
  shared->mutex.unlock();
}

// Thread i locks the mutex rounds[i] times.
model::Report explore(std::initializer_list<int> rounds, model::Options options) {
  options.bounded_spins = true;
  return model::explore(options, [rounds] {
    auto* shared = new Shared;
    int turns = 0;
    for (const int mine : rounds) {
      turns += mine;
      model::thread("locker", [=] {
        for (int round = 0; round < mine; ++round) {
          shared->mutex.lock();
          turn(shared);
        }
      });
    }
    model::finally([=] {
      check(shared->turns == turns, "everybody had its turns");
      check(shared->mutex.check_idle_for_testing(), "and left nothing behind");
    });
  });
}

TEST(Mutex, OneHolderAndNobodyWaitsForEver) {
  model::expect_holds(explore({1, 1}, {.name = "mutex, 2 threads"}));
  model::expect_holds(explore({2, 1}, {.name = "mutex, 2 threads, one comes back"}));
}

// Each look at the clock may find that the waiter starves: the lock is then handed over, and nobody barges.
TEST(Mutex, StarvedWaitersAreHandedTheLock) {
  model::expect_holds(explore({1, 1}, {.name = "mutex, starving", .clock_values = 2}));
  model::expect_holds(explore({2, 1}, {.name = "mutex, starving, one comes back", .clock_values = 2}));
}

// Who gives up does not take a wake-up with it.
TEST(Mutex, ALimitedWaiterGivesUpOrGetsIt) {
  const auto report = model::explore({.name = "mutex, one with a deadline", .bounded_spins = true}, [] {
    auto* shared = new Shared;
    model::add_clock(0);
    model::thread("locker", [=] {
      shared->mutex.lock();
      turn(shared);
    });
    model::thread("limited", [=] {
      if (shared->mutex.try_lock_until(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(model::kLater))))
        turn(shared);
    });
    model::finally([=] {
      check(shared->turns == 1 || shared->turns == 2, "the other had its turn");
      check(shared->mutex.check_idle_for_testing(), "nothing is left behind");
    });
  });
  model::expect_holds(report);
}

// Who finds under the lock that all others are done with the mutex destroys it as soon as it has unlocked it, though
// the one before may not have returned from unlock().
TEST(Mutex, TheLastToUnlockMayDestroyIt) {
  const auto report = model::explore({.name = "mutex, destroyed by the last", .bounded_spins = true}, [] {
    auto* shared = new Shared;
    auto* barger_is_done = new weft::detail::Atomic<bool>(false);
    model::add_clock(0);
    shared->mutex.lock();
    model::thread("holder", [=] { turn(shared); });
    model::thread("barger", [=] {
      if (shared->mutex.try_lock()) turn(shared);
      barger_is_done->store(true, std::memory_order_release);
    });
    model::thread("last", [=] {
      shared->mutex.lock();
      const bool is_last = barger_is_done->load(std::memory_order_acquire);
      shared->mutex.unlock();
      if (!is_last) return;
      static_cast<void>(shared->mutex.check_idle_for_testing());  // a step on all of it: before and after are explored
      delete shared;
    });
  });
  model::expect_holds(report);
}

TEST(Mutex, ControlWithoutOrderingsItBreaks) {
  model::expect_breaks(explore({1, 1}, {.name = "mutex without orderings", .defect = model::Defect::kRelaxedOrders}),
                       "data race");
}

TEST(Mutex, ControlWithoutItsListLockItBreaks) {
  model::expect_breaks(explore({2, 1}, {.name = "mutex without its list's lock", .defect = model::Defect::kNoLocks}),
                       "");
}

}  // namespace
