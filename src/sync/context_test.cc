#include "weft/context.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "sync/sync_test_support.h"
#include "weft/select.h"

namespace weft::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class ContextTest : public BothWays {};
WEFT_BOTH_WAYS(ContextTest);

bool is_done(const Context& ctx) { return ctx.done().try_recv().closed; }

TEST_P(ContextTest, TheBackgroundIsNeverDone) {
  run([&] {
    const Context root;
    EXPECT_FALSE(root.done());
    EXPECT_FALSE(root.error());
    EXPECT_EQ(root.cause(), nullptr);
    EXPECT_EQ(root.deadline(), std::nullopt);
    EXPECT_EQ(root, Context());
  });
}

TEST_P(ContextTest, CancelMakesItAndAllBelowDone) {
  run([&] {
    auto [parent, cancel] = with_cancel(Context());
    auto [child, cancel_child] = with_cancel(parent);
    auto [grandchild, cancel_grandchild] = with_cancel(child);
    auto [sibling, cancel_sibling] = with_cancel(parent);
    EXPECT_FALSE(is_done(parent));
    cancel_child();
    EXPECT_TRUE(is_done(child));
    EXPECT_TRUE(is_done(grandchild));
    EXPECT_FALSE(is_done(parent));
    EXPECT_FALSE(is_done(sibling));
    EXPECT_FALSE(parent.error());
    EXPECT_EQ(grandchild.error(), errc::cancelled);
    cancel();
    cancel();
    EXPECT_TRUE(is_done(sibling));
    EXPECT_EQ(parent.error(), errc::cancelled);
    auto [late, cancel_late] = with_cancel(parent);
    EXPECT_EQ(late.error(), errc::cancelled) << "born done";
    EXPECT_TRUE(is_done(late));
  });
}

TEST_P(ContextTest, CancelWakesWhoWaits) {
  run([&] {
    auto [ctx, cancel] = with_cancel(Context());
    std::atomic<int> woken{0};
    Crew crew(GetParam());
    for (int i = 0; i < 4; ++i) {
      crew.go([&, c = ctx] {
        EXPECT_FALSE(c.done().recv());
        EXPECT_EQ(c.error(), errc::cancelled);
        ++woken;
      });
    }
    wait_for_receivers(ctx.done(), 4);
    cancel();
    crew.join();
    EXPECT_EQ(woken, 4);
  });
}

TEST_P(ContextTest, TheFirstCauseStays) {
  run([&] {
    auto [ctx, cancel] = with_cancel(Context());
    auto [child, cancel_child] = with_cancel(ctx);
    EXPECT_EQ(ctx.cause(), nullptr);
    cancel(std::make_exception_ptr(std::runtime_error("the reason")));
    cancel_child(std::make_exception_ptr(std::logic_error("too late")));
    EXPECT_THROW(std::rethrow_exception(ctx.cause()), std::runtime_error);
    EXPECT_THROW(std::rethrow_exception(child.cause()), std::runtime_error);
    auto [plain, cancel_plain] = with_cancel(Context());
    cancel_plain();
    try {
      std::rethrow_exception(plain.cause());
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), errc::cancelled);
    }
  });
}

TEST_P(ContextTest, ADeadlineComes) {
  run([&] {
    const auto start = steady_clock::now();
    const Context ctx = with_timeout(Context(), 5ms, std::make_exception_ptr(std::out_of_range("slow")));
    auto [child, cancel] = with_cancel(ctx);
    ASSERT_TRUE(child.deadline().has_value());
    EXPECT_FALSE(child.done().recv());
    EXPECT_GE(steady_clock::now() - start, 5ms);
    EXPECT_EQ(ctx.error(), errc::deadline_exceeded);
    EXPECT_EQ(child.error(), errc::deadline_exceeded);
    EXPECT_THROW(std::rethrow_exception(child.cause()), std::out_of_range);
  });
}

TEST_P(ContextTest, TheEarlierDeadlineWins) {
  run([&] {
    const auto soon = steady_clock::now() + 1h;
    const Context parent = with_deadline(Context(), soon);
    EXPECT_EQ(with_deadline(parent, soon + 1h).deadline(), soon);
    EXPECT_EQ(with_deadline(parent, soon - 1min).deadline(), soon - 1min);
    EXPECT_EQ(with_timeout(parent, std::chrono::hours::max()).deadline(), soon);
    EXPECT_EQ(with_timeout(Context(), std::chrono::hours::max()).deadline(), std::nullopt) << "for ever";
    const Context quick = with_timeout(Context(), 1ms);
    const Context slow = with_timeout(quick, 1h);
    slow.done().recv();
    EXPECT_EQ(slow.error(), errc::deadline_exceeded);
  });
}

TEST_P(ContextTest, ADeadlineThatHasPassedIsDoneAtOnce) {
  run([&] {
    EXPECT_EQ(with_timeout(Context(), 0s).error(), errc::deadline_exceeded);
    EXPECT_EQ(with_timeout(Context(), -1h).error(), errc::deadline_exceeded);
    EXPECT_EQ(with_deadline(Context(), std::chrono::system_clock::now() - 1s).error(), errc::deadline_exceeded);
    EXPECT_EQ(with_deadline(Context(), steady_clock::time_point::min()).error(), errc::deadline_exceeded);
    auto [parent, cancel] = with_cancel(Context());
    cancel();
    EXPECT_EQ(with_timeout(parent, -1s).error(), errc::cancelled) << "the parent was first";
  });
}

TEST_P(ContextTest, Values) {
  run([&] {
    static ContextKey<std::string> user;
    static ContextKey<std::string> tenant;
    static ContextKey<std::unique_ptr<int>> owned;
    const Context root;
    EXPECT_EQ(root.get(user), nullptr);
    const Context a = with_value(root, user, "ann");
    auto [b, cancel] = with_cancel(a);
    const Context c = with_value(b, tenant, std::string("blue"));
    const Context d = with_value(with_value(c, user, "dan"), owned, std::make_unique<int>(4));
    EXPECT_EQ(*a.get(user), "ann");
    EXPECT_EQ(a.get(tenant), nullptr);
    EXPECT_EQ(*c.get(user), "ann");
    EXPECT_EQ(*d.get(user), "dan");
    EXPECT_EQ(*d.get(tenant), "blue");
    EXPECT_EQ(**d.get(owned), 4);
    EXPECT_FALSE(a.done());
    EXPECT_EQ(c.done(), b.done());
    cancel();
    EXPECT_EQ(d.error(), errc::cancelled);
  });
}

TEST_P(ContextTest, WithoutCancelKeepsTheValuesOnly) {
  run([&] {
    static ContextKey<int> key;
    auto [parent, cancel] = with_cancel(with_timeout(with_value(Context(), key, 3), 1h));
    const Context detached = without_cancel(parent);
    auto [below, cancel_below] = with_cancel(detached);
    cancel();
    EXPECT_FALSE(detached.error());
    EXPECT_FALSE(detached.done());
    EXPECT_EQ(detached.deadline(), std::nullopt);
    EXPECT_EQ(*below.get(key), 3);
    EXPECT_FALSE(below.error());
  });
}

TEST_P(ContextTest, AStopTokenCancels) {
  run([&] {
    std::stop_source source;
    auto [parent, cancel] = with_cancel(Context());
    const Context ctx = with_stop_token(parent, source.get_token());
    const Context other = with_stop_token(parent, source.get_token());
    {
      const Context dropped = with_stop_token(parent, source.get_token());
    }
    EXPECT_FALSE(ctx.error());
    std::thread([&] { source.request_stop(); }).join();
    EXPECT_FALSE(ctx.done().recv());
    EXPECT_EQ(ctx.error(), errc::cancelled);
    EXPECT_EQ(with_stop_token(parent, source.get_token()).error(), errc::cancelled);
    EXPECT_FALSE(parent.error());
    const Context never = with_stop_token(parent, std::stop_token());
    cancel();
    EXPECT_EQ(never.error(), errc::cancelled);
  });
}

TEST_P(ContextTest, AfterFuncRunsOnceItIsDone) {
  run([&] {
    auto [ctx, cancel] = with_cancel(Context());
    auto ran = make_chan<int>(4);
    ContextCallback kept = after_func(ctx, [ran] { ran.send(1); });
    ContextCallback stopped = after_func(ctx, [ran] { ran.send(2); });
    {
      ContextCallback dropped = after_func(ctx, [ran] { ran.send(3); });
    }
    EXPECT_TRUE(stopped.stop());
    EXPECT_FALSE(stopped.stop());
    cancel();
    EXPECT_EQ(ran.recv(), 1);
    EXPECT_FALSE(kept.stop());
    ContextCallback at_once = after_func(ctx, [ran] { ran.send(4); });
    EXPECT_EQ(ran.recv(), 4);
    EXPECT_EQ(ran.len(), 0u);
  });
}

TEST_P(ContextTest, AfterFuncRunsAfterADeadline) {
  run([&] {
    auto ran = make_chan<void>();
    ContextCallback callback = after_func(with_timeout(Context(), 2ms), [ran] { ran.close(); });
    ran.recv();
  });
}

// What a deadline's callback is the last to refer to is destroyed on a goroutine, not on the scheduler's stack.
TEST_P(ContextTest, DroppedWhileTheDeadlineComes) {
  run([&] {
    static ContextKey<std::shared_ptr<int>> key;
    auto token = std::make_shared<int>(1);
    for (int i = 0; i < 200; ++i) {
      Context parent = with_timeout(Context(), std::chrono::microseconds(i));
      auto [child, cancel] = with_cancel(with_value(parent, key, token));
      parent = Context();
      if (i % 3 == 0) yield();
      child = Context();
    }
    wait_until([&] { return token.use_count() == 1; });
  });
}

TEST_P(ContextTest, ADeepTreeIsCancelledAndFreedWithoutRecursion) {
  run([&] {
    constexpr int kDepth = 100000;
    auto [root, cancel] = with_cancel(Context());
    Context leaf = root;
    for (int i = 0; i < kDepth; ++i) leaf = with_cancel(leaf).context;
    cancel();
    EXPECT_EQ(leaf.error(), errc::cancelled);
    leaf = Context();
  });
}

TEST_P(ContextTest, ManyChildrenComeAndGoWhileItIsCancelled) {
  run([&] {
    for (int round = 0; round < 30; ++round) {
      auto [root, cancel] = with_cancel(Context());
      Crew crew(GetParam());
      for (int worker = 0; worker < 4; ++worker) {
        crew.go([&, parent = root] {
          for (int i = 0; i < 100; ++i) {
            auto [a, cancel_a] = with_cancel(parent);
            auto [b, cancel_b] = with_cancel(a);
            if (i % 3 == 0) cancel_a();
            if (i % 16 == 0) yield();
            EXPECT_TRUE(!a.error() || a.cause() != nullptr);
          }
          auto [last, cancel_last] = with_cancel(parent);
          last.done().recv();
        });
      }
      yield();
      cancel();
    }
  });
}

TEST_P(ContextTest, WorksInSelect) {
  run([&] {
    auto [ctx, cancel] = with_cancel(Context());
    auto values = make_chan<int>();
    cancel();
    bool done = false;
    EXPECT_EQ(select(on_recv(values, [](std::optional<int>) {}), on_done(ctx, [&] { done = true; })), 1u);
    EXPECT_TRUE(done);
    std::error_code ec;
    EXPECT_EQ(values.recv(ctx, ec), std::nullopt);
    EXPECT_EQ(ec, errc::cancelled);
  });
}

TEST_P(ContextTest, CancelGuardCancels) {
  run([&] {
    auto [ctx, cancel] = with_cancel(Context());
    {
      const CancelGuard guard(cancel);
    }
    EXPECT_EQ(ctx.error(), errc::cancelled);
    CancelFunction()();
  });
}

}  // namespace
}  // namespace weft::testing
