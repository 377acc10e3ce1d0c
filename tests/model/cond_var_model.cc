// CondVar: a notification reaches whoever waited when it came, and once all are notified the CondVar may go, whatever
// else ends a wait at that moment and wherever the waiters are.
#include "base/error.cc"
#include "sync/chan_context.cc"
#include "sync/cond_var.cc"
#include "sync/select_core.cc"
#include "sync/wait.cc"

#include "channel_fixture.h"
#include "no_contexts.h"
#include "timer_fixture.h"

namespace weft {
void yield() noexcept { detail::cpu_relax(); }
}  // namespace weft

namespace {

using model::check;

// The user's side: a lock, and the condition that it guards.
struct Shared {
  weft::detail::SpinLock lock;
  weft::CondVar* cond = new weft::CondVar;
  int waiters = 0, notifier = 0;
  bool waiter_ends_it = false;  // the last one
  int waiting = 0;              // under lock, as what follows
  bool open = false;
  int ended = 0;
};

using When = std::chrono::steady_clock::time_point;
constexpr When kLater{std::chrono::nanoseconds(model::kLater)};

// Waits for the condition, or for one notification; touches the CondVar no more when it was notified, but to end it.
void wait(Shared* shared, bool limited) {
  shared->lock.lock();
  if (++shared->waiting == shared->waiters) model::ready(shared->notifier);
  if (!shared->open) limited ? void(shared->cond->wait_until(shared->lock, kLater)) : shared->cond->wait(shared->lock);
  const bool last = ++shared->ended == shared->waiters;
  shared->lock.unlock();
  if (last && shared->waiter_ends_it) delete shared->cond;
}

// Once all wait: has the condition hold, notifies, and ends the CondVar at once.
void open(Shared* shared, bool one) {
  model::park();
  {
    const weft::detail::SpinGuard guard(shared->lock);
    shared->open = true;
  }
  one ? shared->cond->notify_one() : shared->cond->notify_all();
  if (!shared->waiter_ends_it) delete shared->cond;
}

model::Report explore(const char* name, int limited, int unlimited, bool one,
                      model::Defect defect = model::Defect::kNone, bool waiter_ends_it = false) {
  return model::explore({.name = name, .defect = defect}, [=] {
    auto* shared = new Shared;
    shared->waiter_ends_it = waiter_ends_it;
    const int waiters = limited + unlimited;
    shared->waiters = waiters;
    shared->notifier = waiters + (limited != 0 ? 1 : 0);
    if (limited != 0) model::add_clock(0);
    for (int i = 0; i < waiters; ++i) model::thread("waiter", [=] { wait(shared, i < limited); });
    model::thread("notifier", [=] { open(shared, one); });
    model::finally([=] { check(shared->ended == waiters, "every wait has ended"); });
  });
}

TEST(CondVar, ANotifiedOneMayGo) {
  model::expect_holds(explore("cond_var: notify_one, no limit", 0, 1, true));
  model::expect_holds(explore("cond_var: notify_one, deadline", 1, 0, true));
  model::expect_holds(explore("cond_var: notify_all, no limit", 0, 1, false));
  model::expect_holds(explore("cond_var: notify_all, deadline", 1, 0, false));
}

TEST(CondVar, ItMayGoOnceAllAreNotified) {
  model::expect_holds(explore("cond_var: notify_all, 2 waiters", 0, 2, false));
  model::expect_holds(explore("cond_var: notify_all, 2 waiters, a deadline", 1, 1, false));
}

// The notifier may not have let go of its lock yet.
TEST(CondVar, ItMayGoWithTheLastWaiter) {
  const auto none = model::Defect::kNone;
  model::expect_holds(explore("cond_var: notify_one, ended by its waiter", 0, 1, true, none, true));
  model::expect_holds(explore("cond_var: notify_all, ended by the last waiter", 0, 2, false, none, true));
}

TEST(CondVar, ControlWithoutLocksItBreaks) {
  model::expect_breaks(explore("cond_var without locks", 0, 2, false, model::Defect::kNoLocks), "");
}

TEST(CondVar, ControlWithATornExchangeItBreaks) {
  model::expect_breaks(explore("cond_var with a torn exchange", 0, 1, true, model::Defect::kTornExchange), "");
}

}  // namespace
