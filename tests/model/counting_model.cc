// WaitGroup and Semaphore: nobody waits for ever, no unit is lost on who gives up, and who has waited may destroy the
// group.
#include "base/error.cc"
#include "sync/chan_context.cc"
#include "sync/context.cc"
#include "sync/select_core.cc"
#include "sync/semaphore.cc"
#include "sync/wait.cc"
#include "sync/wait_group.cc"

#include "channel_fixture.h"
#include "timer_fixture.h"

namespace weft::detail {
// For after_func on a context, which nothing here uses.
FreshGoroutine new_goroutine(const GoOptions&, GoroutineEntry, std::size_t, std::size_t) { std::abort(); }
void launch(Goroutine*) noexcept { std::abort(); }
void resume() noexcept {}
void abandon(Goroutine*) noexcept { std::abort(); }
}  // namespace weft::detail

namespace {

using model::check;

// The group may go as soon as a wait has returned: a done() that still touched it would use freed memory.
model::Report wait_group(int workers, bool second_waiter, model::Options options) {
  return model::explore(options, [=] {
    struct Work {
      weft::WaitGroup* group = new weft::WaitGroup;
      int done[3] = {};
    };
    auto* work = new Work;
    work->group->add(workers);
    for (int i = 0; i < workers; ++i) {
      model::thread("worker", [=] {
        work->done[i] = 1;
        work->group->done();
      });
    }
    model::thread("waiter", [=] {
      work->group->wait();
      for (int i = 0; i < workers; ++i) check(work->done[i] == 1, "what was done before done() is there");
      if (!second_waiter) delete work->group;
    });
    if (second_waiter) model::thread("waiter", [=] { work->group->wait(); });
  });
}

TEST(WaitGroup, AWaitEndsWhenAllAreDoneAndTheGroupMayGo) {
  model::expect_holds(wait_group(1, false, {.name = "wait group, 1 worker"}));
  model::expect_holds(wait_group(2, false, {.name = "wait group, 2 workers"}));
  model::expect_holds(wait_group(3, false, {.name = "wait group, 3 workers"}));
}

TEST(WaitGroup, TwoWait) { model::expect_holds(wait_group(2, true, {.name = "wait group, 2 waiters"})); }

TEST(WaitGroup, ControlWithoutOrderingsItBreaks) {
  model::expect_breaks(
      wait_group(1, false, {.name = "wait group without orderings", .defect = model::Defect::kRelaxedOrders}),
      "data race");
}

TEST(WaitGroup, ControlWithoutItsLockItBreaks) {
  model::expect_breaks(wait_group(2, false, {.name = "wait group without its lock", .defect = model::Defect::kNoLocks}),
                       "");
}

// One unit, taken in turn: plain memory behind it shows whether it is one at a time.
model::Report semaphore(int users, bool one_gives_up, model::Options options) {
  return model::explore(options, [=] {
    struct Shared {
      weft::Semaphore semaphore{2};
      int inside = 0;
    };
    auto* shared = new Shared;
    auto* limit = one_gives_up ? new weft::CancelContext(weft::with_cancel(weft::Context())) : nullptr;
    for (int i = 0; i < users; ++i) {
      model::thread("user", [=] {
        shared->semaphore.acquire(2);
        check(++shared->inside == 1, "one at a time has both units");
        --shared->inside;
        shared->semaphore.release(2);
      });
    }
    if (one_gives_up) {
      model::thread("limited", [=] {
        std::error_code error;
        shared->semaphore.acquire(1, limit->context, error);
        if (!error) shared->semaphore.release(1);
      });
      model::thread("canceller", [=] { limit->cancel(); });
    }
    model::finally([=] { check(shared->semaphore.available() == 2, "all units are back"); });
  });
}

TEST(Semaphore, UnitsAreHeldByOneAtATime) {
  model::expect_holds(semaphore(2, false, {.name = "semaphore, 2 users"}));
  model::expect_holds(semaphore(3, false, {.name = "semaphore, 3 users"}));
}

TEST(Semaphore, WhoGivesUpHoldsNobodyUp) {
  model::expect_holds(semaphore(2, true, {.name = "semaphore, one is cancelled"}));
}

TEST(Semaphore, ControlWithoutItsLockItBreaks) {
  model::expect_breaks(semaphore(2, false, {.name = "semaphore without its lock", .defect = model::Defect::kNoLocks}),
                       "");
}

}  // namespace
