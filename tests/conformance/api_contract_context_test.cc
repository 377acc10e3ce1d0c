// The contract of context.h as a user meets it.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>

#include "conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;

class ApiContextConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiContextConformance);

struct User {
  std::string name;
};
weft::ContextKey<User> user_key;
const weft::ContextKey<std::unique_ptr<int>> pointer_key;

TEST_P(ApiContextConformance, ErrorsCompareWithErrc) {
  perform([] {
    const weft::Context root;
    auto [ctx, cancel] = weft::with_cancel(root);
    const weft::RecvChan<void> done = ctx.done();
    EXPECT_FALSE(root.error() || ctx.error());
    EXPECT_FALSE(root.cause() || ctx.cause());
    EXPECT_TRUE(done.try_recv().empty);
    cancel();
    cancel();
    EXPECT_TRUE(ctx.error() == weft::errc::cancelled);
    EXPECT_TRUE(weft::errc::cancelled == ctx.error());
    EXPECT_TRUE(ctx.error() != weft::errc::deadline_exceeded);
    EXPECT_EQ(ctx.error().category(), weft::error_category());
    EXPECT_FALSE(ctx.error().message().empty());
    EXPECT_FALSE(done.recv());
    EXPECT_FALSE(root.error());
  });
}

TEST_P(ApiContextConformance, GuardsCausesAndCopiesOfCancel) {
  perform([] {
    auto [guarded, stop] = weft::with_cancel(weft::Context{});
    {
      const weft::CancelGuard guard{stop};
      EXPECT_FALSE(guarded.error());
    }
    EXPECT_EQ(guarded.error(), weft::errc::cancelled);

    auto [ctx, cancel] = weft::with_cancel(weft::Context{});
    const weft::CancelFunction copy = cancel;
    copy(std::make_exception_ptr(std::runtime_error("why")));
    cancel();
    EXPECT_THROW(std::rethrow_exception(ctx.cause()), std::runtime_error) << "the first cancel's cause stands";
    EXPECT_THROW(std::rethrow_exception(guarded.cause()), std::system_error) << "where none was given";
  });
}

TEST_P(ApiContextConformance, ValuesByTypedKeys) {
  perform([] {
    const User me{"me"};
    const weft::Context root;
    const auto first = weft::with_value(root, user_key, me);
    const auto second = weft::with_value(first, pointer_key, std::make_unique<int>(7));
    const auto third = weft::with_value(second, user_key, User{"you"});
    const User* found = second.get(user_key);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->name, "me");
    EXPECT_EQ(third.get(user_key)->name, "you");
    EXPECT_EQ(**third.get(pointer_key), 7);
    EXPECT_EQ(root.get(user_key), nullptr);
    EXPECT_EQ(first.get(pointer_key), nullptr);
  });
}

TEST_P(ApiContextConformance, DeadlinesOfEveryLengthAndClock) {
  perform([] {
    const weft::Context root;
    const auto expect_past = [](const weft::Context& ctx) { EXPECT_EQ(ctx.error(), weft::errc::deadline_exceeded); };
    const auto expect_live = [](const weft::Context& ctx) { EXPECT_FALSE(ctx.error()); };
    expect_past(weft::with_timeout(root, 0s));
    expect_past(weft::with_timeout(root, -1h));
    expect_past(weft::with_timeout(root, std::chrono::hours::min()));
    expect_past(weft::with_deadline(root, steady_clock::now() - 1s));
    expect_past(weft::with_deadline(root, steady_clock::time_point::min()));
    expect_past(weft::with_deadline(root, system_clock::time_point::min()));
    expect_live(weft::with_timeout(root, std::chrono::duration<double>(3'600.5)));
    expect_live(weft::with_timeout(root, std::chrono::nanoseconds::max()));
    expect_live(weft::with_timeout(root, std::chrono::hours::max()));
    expect_live(weft::with_deadline(root, steady_clock::time_point::max()));
    expect_live(weft::with_deadline(root, system_clock::time_point::max()));
    expect_live(weft::with_deadline(root, system_clock::now() + 1h));
    const auto soon = weft::with_timeout(root, 1ms);
    EXPECT_FALSE(soon.done().recv());
    expect_past(soon);
  });
}

TEST_P(ApiContextConformance, StopTokensEndContexts) {
  perform([] {
    std::stop_source source;
    const auto ctx = weft::with_stop_token(weft::Context{}, source.get_token());
    EXPECT_FALSE(ctx.error());
    source.request_stop();
    EXPECT_FALSE(ctx.done().recv());
    EXPECT_EQ(ctx.error(), weft::errc::cancelled);
    EXPECT_FALSE(weft::with_stop_token(weft::Context{}, std::stop_token{}).error());
    std::jthread worker([](const std::stop_token& stop) {
      weft::with_stop_token(weft::Context{}, stop).done().recv();
    });  // its destructor requests the stop
  });
}

}  // namespace
