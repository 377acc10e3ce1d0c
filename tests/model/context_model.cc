// Contexts: a cancel reaches what was made below it before and while it runs, once; nodes go when nobody refers to
// them.
#include "sync/context.cc"

#include "base/error.cc"
#include "channel_fixture.h"
#include "sync/chan_context.cc"
#include "sync/select_core.cc"
#include "sync/wait.cc"
#include "timer_fixture.h"
#include "weft/chan.h"
#include "weft/context.h"

namespace weft::detail {
// For after_func on a context, which nothing here uses.
FreshGoroutine new_goroutine(const GoOptions&, GoroutineEntry, std::size_t, std::size_t) { std::abort(); }
void launch(Goroutine*) noexcept { std::abort(); }
void resume() noexcept {}
void abandon(Goroutine*) noexcept { std::abort(); }
}  // namespace weft::detail

namespace {

using model::check;
using weft::CancelContext;

CancelContext* new_root() { return new CancelContext(weft::with_cancel(weft::Context())); }

bool cancelled(const weft::Context& context) { return context.error() == weft::errc::cancelled; }

TEST(Context, ACancelWakesWhoWaits) {
  const auto report = model::explore({.name = "context: cancel and wait"}, [] {
    auto* root = new_root();
    for (int i = 0; i < 2; ++i) {
      model::thread("waiter", [=] {
        check(!root->context.done().recv(), "the done channel is closed");
        check(cancelled(root->context), "and why is known by then");
      });
    }
    model::thread("canceller", [=] { root->cancel(); });
  });
  model::expect_holds(report);
}

// A child that is made while its parent is cancelled is done as well, whichever came first.
model::Report child_race(model::Options options) {
  return model::explore(options, [] {
    auto* root = new_root();
    model::thread("maker", [=] {
      const CancelContext child = weft::with_cancel(root->context);
      check(!child.context.done().recv(), "the child's done channel is closed");
      check(cancelled(child.context), "and why is known by then");
    });
    model::thread("canceller", [=] { root->cancel(); });
  });
}

TEST(Context, AChildMadeMeanwhileIsDoneToo) { model::expect_holds(child_race({.name = "context: cancel and child"})); }

// Cancelled from above, cancelled itself and let go of, all at once.
TEST(Context, AChildThatGoesIsLeftAlone) {
  const auto report = model::explore({.name = "context: cancel and a child that goes"}, [] {
    auto* root = new_root();
    auto* child = new CancelContext(weft::with_cancel(root->context));
    model::thread("canceller", [=] { root->cancel(); });
    model::thread("child", [=] {
      child->cancel();
      check(cancelled(child->context), "cancel has taken effect when it returns");
      delete child;
    });
    model::finally([=] { check(cancelled(root->context), "the root is cancelled"); });
  });
  model::expect_holds(report);
}

// The one that comes second, at the top or in the middle, does not return before what the first has yet to do is done.
TEST(Context, EveryCancelReachesTheBottom) {
  const auto report = model::explore({.name = "context: two cancels and a grandchild"}, [] {
    auto* root = new_root();
    auto* child = new CancelContext(weft::with_cancel(root->context));
    auto* grandchild = new CancelContext(weft::with_cancel(child->context));
    for (CancelContext* each : {root, child}) {
      model::thread("canceller", [=] {
        each->cancel();
        check(cancelled(grandchild->context), "the grandchild is done when the cancel returns");
      });
    }
    model::finally([=] { check(cancelled(child->context), "the child is done"); });
  });
  model::expect_holds(report);
}

TEST(Context, ADeadlineOrACancel) {
  const auto report = model::explore({.name = "context: deadline and cancel"}, [] {
    model::add_clock(0);
    auto* root = new_root();
    model::thread("waiter", [=] {
      const auto deadline = std::chrono::steady_clock::time_point(std::chrono::nanoseconds(model::kLater));
      const weft::Context limited = weft::with_deadline(root->context, deadline);
      check(!limited.done().recv(), "the done channel is closed");
      check(static_cast<bool>(limited.error()), "and why is known by then");
    });
    model::thread("canceller", [=] { root->cancel(); });
  });
  model::expect_holds(report);
}

TEST(Context, ControlWithoutLocksItBreaks) {
  model::expect_breaks(child_race({.name = "context without locks", .defect = model::Defect::kNoLocks}), "");
}

TEST(Context, ControlWithoutOrderingsItBreaks) {
  model::expect_breaks(child_race({.name = "context without orderings", .defect = model::Defect::kRelaxedOrders}), "");
}

}  // namespace
