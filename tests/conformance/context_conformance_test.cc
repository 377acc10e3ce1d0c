// Contexts as Go's suites describe them: what ends a context, what it takes along, what it leaves alone.
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "conformance/allocations.h"
#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/net/tcp.h"
#include "weft/select.h"

namespace {

using conformance::Crew;
using weft::Context;
using weft::with_cancel;
using namespace std::chrono_literals;

class ContextConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ContextConformance);

void expect_live(const Context& context) {
  EXPECT_FALSE(context.error());
  EXPECT_EQ(context.cause(), nullptr);
  EXPECT_TRUE(context.done().try_recv().empty);
}

void expect_done(const Context& context, weft::errc why) {
  EXPECT_EQ(context.error(), why);
  EXPECT_NE(context.cause(), nullptr);
  EXPECT_TRUE(context.done().try_recv().closed);
}

void expect_expires(const Context& context) {
  EXPECT_FALSE(context.done().recv());
  expect_done(context, weft::errc::deadline_exceeded);
}

weft::ContextKey<std::string> first_name;
weft::ContextKey<std::string> last_name;
weft::ContextKey<int> number;

TEST_P(ContextConformance, TheBackgroundIsNeverDone) {
  perform([] {
    const Context background;
    expect_live(background);
    EXPECT_EQ(background.done(), weft::RecvChan<void>{});
    EXPECT_EQ(background.deadline(), std::nullopt);
    EXPECT_EQ(background.get(number), nullptr);
  });
}

TEST_P(ContextConformance, CancelEndsAContextAndWhatIsBelow) {
  perform([] {
    auto [parent, cancel] = with_cancel(Context{});
    auto [child, cancel_child] = with_cancel(parent);
    const Context valued = weft::with_value(parent, first_name, "Ada");
    const Context timed = weft::with_timeout(valued, 1000h);
    const std::vector<Context> all{parent, child, valued, timed};
    for (const Context& context : all) expect_live(context);
    cancel();  // all are done when it returns
    for (const Context& context : all) expect_done(context, weft::errc::cancelled);
    cancel();
    expect_done(with_cancel(parent).context, weft::errc::cancelled);
    expect_done(weft::with_value(timed, last_name, "Lovelace"), weft::errc::cancelled);
  });
}

TEST_P(ContextConformance, AChildMayEndFirst) {
  perform([] {
    auto [cancellable, cancel] = with_cancel(Context{});
    for (const Context& parent : {Context{}, cancellable}) {
      auto [child, cancel_child] = with_cancel(parent);
      expect_live(child);
      cancel_child();
      expect_done(child, weft::errc::cancelled);
      expect_live(parent);
    }
  });
}

// A child that has ended, or that nobody refers to, takes no place with its parent.
TEST_P(ContextConformance, EndedAndForgottenChildrenLeaveTheirParent) {
  if (!conformance::kCountsAllocations) GTEST_SKIP() << "a sanitizer has its own allocator";
  perform([] {
    auto [parent, cancel] = with_cancel(Context{});
    const auto make_children = [&parent] {
      for (int i = 0; i < 1'000; ++i) {
        auto [child, cancel_child] = with_cancel(parent);
        cancel_child();
        auto [timed, cancel_timed] = with_cancel(weft::with_timeout(parent, 1h));
        cancel_timed();
        auto callback = weft::after_func(parent, [] {});
        callback.stop();
        static_cast<void>(weft::with_timeout(parent, 1h));
      }
    };
    make_children();
    const long before = conformance::live_allocations();
    make_children();
    EXPECT_LT(conformance::live_allocations() - before, 100);
  });
}

TEST_P(ContextConformance, ADeadlineEndsAContext) {
  perform([] {
    const auto start = std::chrono::steady_clock::now();
    const Context timed = weft::with_timeout(Context{}, 10ms);
    ASSERT_TRUE(timed.deadline().has_value());
    EXPECT_GE(*timed.deadline(), start + 10ms);
    expect_expires(timed);
    EXPECT_GE(std::chrono::steady_clock::now(), start + 10ms);
    expect_expires(weft::with_deadline(Context{}, start + 15ms));
    expect_expires(weft::with_timeout(weft::with_value(weft::with_timeout(Context{}, 1ms), number, 1), 1000h));
  });
}

TEST_P(ContextConformance, ADeadlineInThePastEndsAtOnce) {
  perform([] {
    const auto now = std::chrono::steady_clock::now();
    for (auto deadline : {now - 1h, now - 1ns, now}) {
      expect_done(weft::with_deadline(Context{}, deadline), weft::errc::deadline_exceeded);
    }
    expect_done(weft::with_timeout(Context{}, 0s), weft::errc::deadline_exceeded);
    expect_done(weft::with_timeout(Context{}, -1s), weft::errc::deadline_exceeded);
  });
}

TEST_P(ContextConformance, TheEarlierDeadlineHolds) {
  perform([] {
    const auto now = std::chrono::steady_clock::now();
    const Context early = weft::with_deadline(Context{}, now + 1h);
    EXPECT_EQ(weft::with_deadline(early, now + 2h).deadline(), now + 1h);
    EXPECT_EQ(weft::with_deadline(early, now + 30min).deadline(), now + 30min);
    EXPECT_EQ(weft::with_value(early, number, 1).deadline(), now + 1h);
    EXPECT_EQ(with_cancel(early).context.deadline(), now + 1h);
  });
}

TEST_P(ContextConformance, ACancelBeatsADeadlineThatIsFarAway) {
  perform([] {
    auto [context, cancel] = with_cancel(weft::with_timeout(weft::with_timeout(Context{}, 10h), 1000h));
    cancel();
    expect_done(context, weft::errc::cancelled);
  });
}

TEST_P(ContextConformance, ADeadlineIsATimeoutAsTheNetworksIs) {
  perform([] {
    const Context late = weft::with_timeout(Context{}, 0s);
    EXPECT_EQ(late.error(), std::errc::timed_out);
    auto [cancelled, cancel] = with_cancel(Context{});
    cancel();
    EXPECT_NE(cancelled.error(), std::errc::timed_out);
    const auto listener = weft::net::TcpListener::listen("127.0.0.1:0");
    auto stream = weft::net::TcpStream::connect(listener.local_endpoint());
    stream.set_read_deadline(std::chrono::steady_clock::now());
    std::error_code ec;
    std::array<char, 1> buffer;
    EXPECT_EQ(stream.read_some(buffer, ec), 0U);
    EXPECT_EQ(ec, late.error());
  });
}

TEST_P(ContextConformance, ValuesAreFoundByTheirKeyAlone) {
  perform([] {
    const Context first = weft::with_value(Context{}, first_name, "Grace");
    const Context both = weft::with_value(first, last_name, "Hopper");
    const Context three = weft::with_value(both, number, 1906);
    EXPECT_EQ(*first.get(first_name), "Grace");
    EXPECT_EQ(first.get(last_name), nullptr);
    EXPECT_EQ(*three.get(first_name), "Grace");
    EXPECT_EQ(*three.get(last_name), "Hopper");
    EXPECT_EQ(*three.get(number), 1906);
    const Context renamed = weft::with_value(three, first_name, "Ada");
    EXPECT_EQ(*renamed.get(first_name), "Ada");
    EXPECT_EQ(*renamed.get(last_name), "Hopper");
    EXPECT_EQ(*three.get(first_name), "Grace");
  });
}

TEST_P(ContextConformance, ContextsAreCheapToMake) {
  if (!conformance::kCountsAllocations) GTEST_SKIP() << "a sanitizer has its own allocator";
  perform([] {
    const auto cost_of = [](auto make) {
      make();
      const long before = conformance::allocations();
      for (int i = 0; i < 100; ++i) make();
      return (conformance::allocations() - before) / 100;
    };
    EXPECT_EQ(cost_of([] { return Context{}; }), 0);
    EXPECT_LE(cost_of([] {
                auto [context, cancel] = with_cancel(Context{});
                cancel();
                context.done().recv();
              }),
              2);
    EXPECT_LE(cost_of([] { return weft::with_value(Context{}, number, 1).get(number) != nullptr; }), 1);
    EXPECT_LE(cost_of([] { return weft::with_timeout(Context{}, 1h); }), 2);
  });
}

TEST_P(ContextConformance, ATreeCancelledEverywhereAtOnce) {
  perform([] {
    std::vector<weft::CancelContext> tree{with_cancel(Context{})};
    for (std::size_t i = 0; tree.size() < 100; ++i) {
      for (int child = 0; child < 4; ++child) tree.push_back(with_cancel(tree[i].context));
    }
    Crew crew(side());
    for (std::size_t first = 0; first < 10; ++first) {
      crew.go([&tree, first] {
        for (std::size_t i = tree.size() - 1 - first; i < tree.size(); i -= 10) tree[i].cancel();
      });
    }
    for (const weft::CancelContext& node : tree) EXPECT_FALSE(node.context.done().recv());
    crew.join();
    for (const weft::CancelContext& node : tree) expect_done(node.context, weft::errc::cancelled);
  });
}

// Cancelling the child because the parent has ended, while the parent's end is cancelling the child.
TEST_P(ContextConformance, InterlockedCancels) {
  perform([] {
    for (int round = 0; round < 100; ++round) {
      auto [parent, cancel_parent] = with_cancel(Context{});
      auto [child, cancel_child] = with_cancel(parent);
      Crew crew(side());
      crew.go([parent, cancel_child] {
        parent.done().recv();
        cancel_child();
      });
      cancel_parent();
      EXPECT_FALSE(child.done().recv());
    }
  });
}

TEST_P(ContextConformance, LayersInAnyOrderPassEverythingDown) {
  perform([] {
    const conformance::Seed seed;
    std::mt19937 random(seed.value());
    for (bool expire : {false, true}) {
      std::vector<std::unique_ptr<weft::ContextKey<std::size_t>>> keys;
      std::vector<weft::CancelFunction> cancels;
      bool timed = false;
      Context context;
      for (int layer = 0; layer < 30 || keys.empty() || cancels.empty() || !timed; ++layer) {
        switch (random() % 3) {
          case 0:
            keys.push_back(std::make_unique<weft::ContextKey<std::size_t>>());
            context = weft::with_value(context, *keys.back(), keys.size());
            break;
          case 1: {
            auto [cancellable, cancel] = with_cancel(context);
            context = cancellable;
            cancels.push_back(cancel);
            break;
          }
          default:
            context = weft::with_timeout(context, expire ? 1ms : std::chrono::milliseconds(1000h));
            timed = true;
        }
      }
      if (expire) {
        EXPECT_FALSE(context.done().recv());
        EXPECT_EQ(context.error(), weft::errc::deadline_exceeded);
      } else {
        expect_live(context);
        cancels[random() % cancels.size()]();
        expect_done(context, weft::errc::cancelled);
      }
      for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(*context.get(*keys[i]), i + 1);
    }
  });
}

// Who sees the error finds the channel closed.
TEST_P(ContextConformance, TheErrorIsNeverAheadOfTheChannel) {
  perform([] {
    for (int round = 0; round < 100; ++round) {
      auto [context, cancel] = with_cancel(Context{});
      const weft::RecvChan<void> done = context.done();
      Crew crew(side());
      crew.go([cancel] { cancel(); });
      conformance::until([&context] { return static_cast<bool>(context.error()); });
      EXPECT_TRUE(done.try_recv().closed);
    }
  });
}

TEST_P(ContextConformance, WithoutCancelKeepsTheValuesAlone) {
  perform([] {
    auto [parent, cancel] = with_cancel(weft::with_value(weft::with_timeout(Context{}, 1h), number, 5));
    const Context detached = weft::without_cancel(parent);
    cancel();
    expect_live(detached);
    EXPECT_EQ(detached.deadline(), std::nullopt);
    EXPECT_EQ(detached.done(), weft::RecvChan<void>{});
    EXPECT_EQ(*detached.get(number), 5);
    auto [below, cancel_below] = with_cancel(detached);
    expect_live(below);
    cancel_below();
    expect_done(below, weft::errc::cancelled);
  });
}

}  // namespace
