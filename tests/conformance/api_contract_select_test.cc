// The contract of select.h as a user meets it: each case with handlers of every kind, temporaries, lvalues and views.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/select.h"
#include "weft/time.h"

namespace {

using namespace std::chrono_literals;
using weft::on_done;
using weft::on_recv;
using weft::on_send;
using weft::on_timeout;
using weft::otherwise;

class ApiSelectConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiSelectConformance);

struct Item {
  explicit Item(int v) : value(std::make_unique<int>(v)) {}
  std::unique_ptr<int> value;
};

int received = 0;
void receive(std::optional<int> value) { received += value.value_or(100); }

TEST_P(ApiSelectConformance, EveryCaseInOneSelect) {
  perform([] {
    auto [ctx, cancel] = weft::with_cancel(weft::Context{});
    auto in = weft::make_chan<Item>(1);
    auto out = weft::make_chan<Item>();
    Item item{3};
    std::string fired;
    const auto select_once = [&] {
      return weft::select(on_recv(in, [&](std::optional<Item> v) { fired = v ? "value" : "closed"; }),
                          on_send(out, item, [&] { fired = "sent"; }), on_timeout(1ms, [&] { fired = "timeout"; }),
                          on_done(ctx, [&] { fired = "done"; }));
    };
    in.send(Item{9});
    EXPECT_EQ(select_once(), 0U);
    EXPECT_EQ(fired, "value");
    EXPECT_EQ(select_once(), 2U);
    EXPECT_EQ(fired, "timeout");
    EXPECT_TRUE(item.value) << "moved from only if its case fires";
    cancel();
    EXPECT_EQ(select_once(), 3U);
    EXPECT_EQ(fired, "done");
    EXPECT_EQ(weft::select(on_recv(in, [](std::optional<Item>) {}), otherwise([&] { fired = "none"; })), 1U);
    EXPECT_EQ(fired, "none");
    in.close();
    EXPECT_EQ(weft::select(on_recv(in, [&](std::optional<Item> v) { fired = v ? "value" : "closed"; })), 0U);
    EXPECT_EQ(fired, "closed");
  });
}

TEST_P(ApiSelectConformance, HandlersOfEveryKind) {
  perform([] {
    auto c = weft::make_chan<int>(8);
    received = 0;
    auto lambda = [](std::optional<int> v) { received += *v; };
    const auto constant = lambda;
    std::function<void(std::optional<int>)> function = receive;
    for (int i = 0; i < 8; ++i) c.send(1);
    weft::select(on_recv(c, receive));
    weft::select(on_recv(c, &receive));
    weft::select(on_recv(c, function));
    weft::select(on_recv(c, lambda));
    weft::select(on_recv(c, std::ref(constant)));
    weft::select(on_recv(c, [](const std::optional<int>& v) { received += *v; }));
    weft::select(on_recv(c, [](std::optional<int>&& v) { received += *v; }));
    weft::select(on_recv(c, [](auto v) { return received += *v; }));
    EXPECT_EQ(received, 8);
    c.send(1);
    weft::select(on_recv(c, [p = std::make_unique<int>(1)](std::optional<int> v) mutable { *p += *v; }));
    c.send(1);
    EXPECT_EQ(weft::select(on_recv(c), on_timeout(10s), on_done(weft::Context{})), 0U);
    EXPECT_EQ(weft::select(on_recv(c), otherwise()), 1U);
    c.send(1);
    const auto throwing = [](std::optional<int>) { throw std::runtime_error("from the handler"); };
    EXPECT_THROW(weft::select(on_recv(c, throwing)), std::runtime_error);
  });
}

TEST_P(ApiSelectConformance, ValuesOfEveryKindAreSent) {
  perform([] {
    auto texts = weft::make_chan<std::string>(8);
    std::string text = "moved";
    const std::string constant = "constant";
    weft::select(on_send(texts, text));
    weft::select(on_send(texts, constant, [] {}));
    weft::select(on_send(texts, std::string("temporary"), [] {}));
    weft::select(on_send(texts, "literal", [] {}));
    weft::select(on_send(texts, {"xyz", 2}, [] {}));
    for (const char* expected : {"moved", "constant", "temporary", "literal", "xy"}) EXPECT_EQ(*texts.recv(), expected);
    EXPECT_EQ(constant, "constant");

    auto closed = weft::make_chan<Item>(1);
    closed.close();
    Item item{1};
    EXPECT_THROW(weft::select(on_send(closed, item)), weft::closed_channel);
    EXPECT_THROW(weft::select(on_send(closed, std::move(item)), otherwise()), weft::closed_channel);
    auto full = weft::make_chan<Item>();
    EXPECT_EQ(weft::select(on_send(full, std::move(item)), otherwise()), 1U);
    EXPECT_TRUE(item.value);
  });
}

TEST_P(ApiSelectConformance, CasesAsLvaluesViewsAndNil) {
  perform([] {
    const auto c = weft::make_chan<int>(4);
    const weft::SendChan<int> in = c;
    const weft::RecvChan<int> out = c;
    auto receiving = on_recv(out, [](std::optional<int>) {});
    auto waiting = on_timeout(10s, [] {});
    for (int i = 0; i < 3; ++i) {
      weft::select(on_send(in, i, [] {}));
      EXPECT_EQ(weft::select(receiving, waiting), 0U);
    }
    weft::select(on_send(weft::SendChan<int>(c), 1));
    EXPECT_EQ(weft::select(std::move(receiving), std::move(waiting)), 0U);
    const weft::Chan<int> nil;
    EXPECT_EQ(weft::select(on_recv(nil), on_send(nil, 1), on_timeout(1ms)), 2U);
    EXPECT_EQ(weft::select(on_recv(nil), otherwise()), 1U);
  });
}

TEST_P(ApiSelectConformance, SignalsGiveTheirHandlerABool) {
  perform([] {
    auto done = weft::make_chan<void>(1);
    std::vector<bool> came;
    const auto note = [&](bool ok) { came.push_back(ok); };
    weft::select(on_send(done, [&] { came.push_back(true); }));
    weft::select(on_recv(done, note));
    weft::select(on_send(done));
    done.close();
    weft::select(on_recv(done, note));
    weft::select(on_recv(done, note));
    EXPECT_EQ(came, (std::vector<bool>{true, true, true, false}));
    auto [ctx, cancel] = weft::with_cancel(weft::Context{});
    cancel();
    weft::select(on_recv(ctx.done(), note));
    EXPECT_FALSE(came.back());
    weft::select(on_recv(weft::after(1ms), [&](std::optional<weft::time_point> now) { came.push_back(!!now); }));
    EXPECT_TRUE(came.back());
  });
}

TEST_P(ApiSelectConformance, ASelectorDoesWhatSelectDoes) {
  perform([] {
    auto c1 = weft::make_chan<int>(1);
    auto c2 = weft::make_chan<std::string>(1);
    auto signals = weft::make_chan<void>(1);
    std::string fired;
    std::string value = "value";
    weft::Selector sel;
    EXPECT_EQ(sel.recv(c1, [&](std::optional<int>) { fired = "received"; }), 0U);
    EXPECT_EQ(sel.send(c2, value, [&] { fired = "sent"; }), 1U);
    EXPECT_EQ(sel.wait(), 1U);
    EXPECT_EQ(fired, "sent");
    EXPECT_EQ(*c2.recv(), "value");
    c2.send("full");
    c1.send(1);
    EXPECT_EQ(sel.wait(), 0U);
    sel.send(signals, [&] { fired = "signalled"; });
    EXPECT_EQ(sel.wait(), 2U);
    sel.timeout(10s);
    sel.otherwise([&] { fired = "none"; });
    EXPECT_EQ(sel.wait(), 4U);
    EXPECT_EQ(fired, "none");
    sel.clear();
    auto [ctx, cancel] = weft::with_cancel(weft::Context{});
    sel.done(ctx, [&] { fired = "done"; });
    sel.recv(weft::Chan<Item>());
    cancel();
    EXPECT_EQ(sel.wait(), 0U);
    EXPECT_EQ(fired, "done");
  });
}

}  // namespace
