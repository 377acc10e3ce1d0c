// A wait with several ends (src/sync/wait.cc over Claim, Waiter, the timer wheel and a done channel): exactly one of
// them counts, nobody waits for ever, and when the wait returns nobody touches its frame any more.
#include "sync/chan_context.cc"
#include "sync/select_core.cc"
#include "sync/wait.cc"

#include "channel_fixture.h"
#include "no_contexts.h"  // a done channel stands for one
#include "timer_fixture.h"

namespace {

using model::check;
using weft::detail::ChanCore;
using weft::detail::SpinGuard;
using weft::detail::SpinLock;
using weft::detail::WaitEnd;
using weft::detail::Waiter;
using weft::detail::WaitLimits;
using weft::detail::WaitList;

struct Shared {
  SpinLock lock;
  WaitList list;
  bool rung = false;  // under lock: what is waited for
  ChanCore* done = nullptr;
  int ended = 0;  // under lock
};

WaitEnd wait(Shared* shared, const WaitLimits& limits) {
  WaitEnd end = WaitEnd::kDeadline;
  Waiter waiter;
  shared->lock.lock();
  if (!shared->rung) {
    end = weft::detail::wait_in_list(shared->lock, shared->list, waiter, limits,
                                     {weft::detail::WaitReason::kSemaphore, shared});
    shared->lock.lock();
  }
  check(!waiter.linked, "the node is in no list");
  ++shared->ended;
  shared->lock.unlock();
  return end;
}

void ring(Shared* shared) {
  Waiter* waiter = nullptr;
  {
    const SpinGuard guard(shared->lock);
    shared->rung = true;
    waiter = shared->list.pop_claimed();
  }
  if (waiter != nullptr) weft::detail::ready(waiter->goroutine);
}

enum Ends { kRing = 1, kClock = 2, kDone = 4 };

model::Report explore(const char* name, int ends, model::Defect defect = model::Defect::kNone) {
  return model::explore({.name = name, .defect = defect}, [ends] {
    auto* shared = new Shared;
    WaitLimits limits;
    if ((ends & kDone) != 0) limits.done = shared->done = model::make_channel(0);
    if ((ends & kClock) != 0) limits.deadline = model::kLater;
    model::thread("waiter", [=] {
      wait(shared, limits);
      check(shared->list.empty() && (limits.done == nullptr || limits.done->receivers.empty()),
            "no list has a node of it");
    });
    model::add_clock(1);
    if ((ends & kRing) != 0) model::thread("ringer", [=] { ring(shared); });
    if ((ends & kDone) != 0) model::thread("canceller", [=] { shared->done->close(); });
    model::finally([=] { check(shared->ended == 1, "the wait has ended"); });
  });
}

TEST(Wait, OneEnd) {
  model::expect_holds(explore("wait: woken", kRing));
  model::expect_holds(explore("wait: deadline", kClock));
  model::expect_holds(explore("wait: context", kDone));
}

TEST(Wait, TwoEnds) {
  model::expect_holds(explore("wait: woken or deadline", kRing | kClock));
  model::expect_holds(explore("wait: woken or context", kRing | kDone));
  model::expect_holds(explore("wait: deadline or context", kClock | kDone));
}

TEST(Wait, ThreeEnds) { model::expect_holds(explore("wait: woken, deadline or context", kRing | kClock | kDone)); }

// Who was woken passes the wake-up on, as users of a list do: the other one gets it, whoever gave up before.
TEST(Wait, AWakeUpIsNotLostOnWhoGaveUp) {
  const auto report = model::explore({.name = "wait: two waiters, one with a deadline"}, [] {
    auto* shared = new Shared;
    model::add_clock(0);
    for (int i = 0; i < 2; ++i) {
      model::thread("waiter", [=] {
        if (wait(shared, i == 0 ? WaitLimits{.deadline = model::kLater} : WaitLimits{}) == WaitEnd::kWoken)
          ring(shared);
      });
    }
    model::thread("ringer", [=] { ring(shared); });
    model::finally([=] { check(shared->ended == 2 && shared->list.empty(), "both waits have ended"); });
  });
  model::expect_holds(report);
}

TEST(Wait, ControlWithoutLocksItBreaks) {
  model::expect_breaks(explore("wait without locks", kRing | kClock, model::Defect::kNoLocks), "");
}

TEST(Wait, ControlWithATornClaimItBreaks) {
  model::expect_breaks(explore("wait with a torn claim", kRing | kClock, model::Defect::kTornExchange), "ready");
}

}  // namespace
