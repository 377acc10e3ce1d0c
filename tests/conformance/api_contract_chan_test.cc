// The contract of chan.h as a user meets it: every member, with types that move only, of const handles and of views.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"

namespace {

using namespace std::chrono_literals;

class ApiChanConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiChanConformance);

/// Moves only and cannot be made from nothing; empty once moved from.
struct Item {
  explicit Item(int v) : value(std::make_unique<int>(v)) {}
  std::unique_ptr<int> value;
};

static_assert(std::is_convertible_v<weft::Chan<Item>, weft::SendChan<Item>>);
static_assert(std::is_convertible_v<weft::Chan<Item>, weft::RecvChan<Item>>);
static_assert(!std::is_convertible_v<weft::SendChan<Item>, weft::Chan<Item>>);
static_assert(!std::is_convertible_v<weft::RecvChan<Item>, weft::SendChan<Item>>);
static_assert(std::is_nothrow_move_constructible_v<weft::Chan<Item>> && std::is_copy_assignable_v<weft::Chan<Item>>);
static_assert(std::ranges::input_range<weft::Chan<int>> && std::ranges::input_range<weft::RecvChan<int>>);

TEST_P(ApiChanConformance, SendAndReceiveInEveryForm) {
  perform([] {
    auto c = weft::make_chan<Item>(16);
    static_assert(std::is_same_v<decltype(c), weft::Chan<Item>>);
    Item item{1};
    c.send(std::move(item));
    c.send(Item{2});
    Item third{3};
    EXPECT_TRUE(c.try_send(third));
    EXPECT_FALSE(third.value) << "moved from, since it was sent";
    EXPECT_EQ(c.len(), 3U);
    EXPECT_EQ(c.cap(), 16U);
    std::optional<Item> first = c.recv();
    EXPECT_EQ(*first->value, 1);
    weft::TryRecv<Item> second = c.try_recv();
    EXPECT_EQ(*second.value->value, 2);
    EXPECT_FALSE(second.closed || second.empty);
    c.close();
    EXPECT_EQ(*c.try_recv().value->value, 3) << "what was sent before the close is received after it";
    EXPECT_TRUE(c.try_recv().closed);
    EXPECT_FALSE(c.recv());
  });
}

TEST_P(ApiChanConformance, WhatIsNotSentStaysWithItsSender) {
  perform([] {
    auto full = weft::make_chan<Item>();
    Item item{1};
    EXPECT_FALSE(full.try_send(item));
    EXPECT_FALSE(full.try_send(std::move(item)));
    std::error_code why;
    auto [ctx, cancel] = weft::with_cancel(weft::Context{});
    cancel();
    full.send(std::move(item), ctx, why);
    EXPECT_EQ(why, weft::errc::cancelled);
    full.send(item, weft::with_timeout(weft::Context{}, 1ms), why);
    EXPECT_EQ(why, weft::errc::deadline_exceeded);
    EXPECT_THROW(full.send(std::move(item), ctx), std::system_error);
    full.close();
    EXPECT_THROW(full.send(std::move(item)), weft::closed_channel);
    EXPECT_THROW(full.send(std::move(item), weft::Context{}, why), weft::closed_channel);
    EXPECT_THROW(full.try_send(item), weft::closed_channel);
    ASSERT_TRUE(item.value);
    EXPECT_EQ(*item.value, 1);
    EXPECT_THROW(full.close(), weft::closed_channel);
    EXPECT_THROW(weft::Chan<Item>().close(), weft::usage_error);
  });
}

TEST_P(ApiChanConformance, ErrorCodesAreClearWhereNothingWentWrong) {
  perform([] {
    auto c = weft::make_chan<Item>(1);
    const weft::Context live;
    std::error_code why = weft::errc::closed;
    c.send(Item{1}, live, why);
    EXPECT_FALSE(why);
    why = weft::errc::closed;
    EXPECT_TRUE(c.recv(live, why));
    EXPECT_FALSE(why);
    c.close();
    why = weft::errc::cancelled;
    EXPECT_FALSE(c.recv(live, why));
    EXPECT_FALSE(why) << "closed and drained is no error";
    EXPECT_FALSE(c.recv(live));
  });
}

TEST_P(ApiChanConformance, ValuesThatCanBeCopiedAreCopiedFromLvalues) {
  perform([] {
    auto c = weft::make_chan<std::string>(8);
    std::string text = "a text that is too long to stand in the string";
    const std::string constant = text;
    c.send(text);
    c.send(constant);
    c.send("literal");
    c.send({});
    c.send({"xyz", 2}, weft::Context{});
    EXPECT_TRUE(c.try_send(constant));
    EXPECT_EQ(text, constant);
    EXPECT_EQ(c.recv(), text);
    EXPECT_EQ(c.recv(), text);
    EXPECT_EQ(*c.recv(), "literal");
    EXPECT_TRUE(c.recv()->empty());
    EXPECT_EQ(*c.recv(), "xy");
    EXPECT_EQ(c.recv(), text);
  });
}

TEST_P(ApiChanConformance, LoopsTakeWhatArrivesUntilClosed) {
  perform([] {
    const auto filled = [](int values) {
      auto c = weft::make_chan<Item>(8);
      for (int i = 1; i <= values; ++i) c.send(Item{i});
      c.close();
      return c;
    };
    int sum = 0;
    for (Item& item : filled(3)) {
      const Item taken = std::move(item);
      sum += *taken.value;
    }
    const weft::RecvChan<Item> view = filled(3);
    for (const Item& item : view) sum += *item.value;
    EXPECT_EQ(sum, 12);
    auto pairs = weft::make_chan<std::pair<int, std::string>>(2);
    pairs.send({1, "a"});
    pairs.send({2, "b"});
    pairs.close();
    for (auto& [number, text] : pairs) sum += number + static_cast<int>(text.size());
    EXPECT_EQ(sum, 17);
    auto numbers = weft::make_chan<int>(2);
    numbers.send(1);
    numbers.send(2);
    numbers.close();
    for (const int ten : numbers | std::views::transform([](int n) { return n * 10; })) sum += ten;
    EXPECT_EQ(sum, 47);
  });
}

TEST_P(ApiChanConformance, ConstHandlesAndViewsDoTheSame) {
  perform([] {
    const auto c = weft::make_chan<int>(4);
    const weft::SendChan<int> in = c;
    const weft::RecvChan<int> out = c;
    std::error_code why;
    in.send(1);
    EXPECT_TRUE(in.try_send(2));
    in.send(3, weft::Context{}, why);
    EXPECT_EQ(out.len(), 3U);
    EXPECT_EQ(in.cap(), 4U);
    EXPECT_EQ(out.recv(), 1);
    EXPECT_EQ(out.try_recv().value, 2);
    EXPECT_EQ(out.recv(weft::Context{}, why), 3);
    in.close();
    EXPECT_FALSE(out.recv());
    EXPECT_TRUE(c == in && out == c && c != weft::Chan<int>());
  });
}

TEST_P(ApiChanConformance, SignalsWithoutAValue) {
  perform([] {
    auto signals = weft::make_chan<void>(2);
    static_assert(std::is_same_v<decltype(signals.recv()), bool>);
    std::error_code why;
    signals.send();
    EXPECT_TRUE(signals.try_send());
    EXPECT_FALSE(signals.try_send());
    EXPECT_TRUE(signals.recv());
    EXPECT_TRUE(signals.recv(weft::Context{}, why));
    EXPECT_TRUE(signals.try_recv().empty);
    const weft::SendChan<void> in = signals;
    in.send(weft::Context{}, why);
    in.close();
    const weft::RecvChan<void> out = signals;
    EXPECT_TRUE(out.recv()) << "a signal sent before the close";
    EXPECT_FALSE(out.recv());
    EXPECT_TRUE(out.try_recv().closed);
    EXPECT_THROW(in.send(), weft::closed_channel);
  });
}

TEST_P(ApiChanConformance, ElementsOfManyTypes) {
  perform([] {
    auto replies = weft::make_chan<weft::Chan<int>>(1);
    auto reply = weft::make_chan<int>(1);
    replies.send(reply);
    replies.recv()->send(5);
    EXPECT_EQ(reply.recv(), 5);
    auto optionals = weft::make_chan<std::optional<int>>(1);
    optionals.send(std::nullopt);
    const auto got = optionals.recv();
    EXPECT_TRUE(got.has_value() && !got->has_value());
    auto functions = weft::make_chan<std::function<int()>>(1);
    functions.send([] { return 6; });
    EXPECT_EQ((*functions.recv())(), 6);
    auto large = weft::make_chan<std::array<char, 100'000>>(1);
    large.send({});
    EXPECT_TRUE(large.recv());
    auto pointers = weft::make_chan<int*>(1);
    pointers.send(nullptr);
    EXPECT_EQ(*pointers.recv(), nullptr);
  });
}

TEST(ApiChanMakeConformance, CapacitiesOfEveryIntegerTypeAreCheckedAsTheyAre) {
  EXPECT_EQ(weft::make_chan<int>().cap(), 0U);
  EXPECT_EQ(weft::make_chan<int>(3U).cap(), 3U);
  EXPECT_EQ(weft::make_chan<int>(std::size_t{3}).cap(), 3U);
  EXPECT_EQ(weft::make_chan<int>(static_cast<short>(3)).cap(), 3U);
  const auto refusal = [](auto capacity) -> std::string {
    try {
      return "made one of " + std::to_string(weft::make_chan<int>(capacity).cap());
    } catch (const weft::usage_error& error) {
      return error.what();
    }
  };
  EXPECT_NE(refusal(-1).find("capacity -1:"), std::string::npos);
  EXPECT_NE(refusal(INT64_MIN).find("-9223372036854775808"), std::string::npos);
  EXPECT_NE(refusal(UINT64_MAX).find("18446744073709551615"), std::string::npos);
  EXPECT_NE(refusal((1 << 30) + 1).find("allowed are 0 to 1073741824"), std::string::npos);
}

}  // namespace
