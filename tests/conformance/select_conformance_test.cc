// Select as Go's own suites describe it: which cases may fire, which block, and what a case leaves behind.
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/select.h"

namespace {

using conformance::Crew;
using conformance::settle;
using weft::make_chan;
using weft::on_recv;
using weft::on_send;
using weft::otherwise;
using weft::select;

class SelectConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(SelectConformance);

const auto kUnreachable = [](std::optional<int>) { ADD_FAILURE() << "this receive must not happen"; };
const auto kMustNotSend = [] { ADD_FAILURE() << "this send must not happen"; };
const auto kMustNotPass = [] { ADD_FAILURE() << "a case was ready: otherwise must not run"; };

// Sends 1, 2, 4 ... to whichever of two channels has room, leaving each out once it has been served.
int send_once_to_each(weft::Chan<unsigned> a, weft::Chan<unsigned> b) {
  int sent = 0;
  bool blocked = false;
  for (unsigned value = 1; !blocked; value *= 2) {
    select(on_send(a, value,
                   [&] {
                     ++sent;
                     a = {};
                   }),
           on_send(b, value,
                   [&] {
                     ++sent;
                     b = {};
                   }),
           otherwise([&] { blocked = true; }));
  }
  return sent;
}

TEST_P(SelectConformance, ACaseIsLeftOutByMakingItsChannelNil) {
  perform([] {
    auto a = make_chan<unsigned>(1);
    auto b = make_chan<unsigned>(1);
    EXPECT_EQ(send_once_to_each(a, b), 2);
    EXPECT_EQ(*a.recv() | *b.recv(), 3U);
    EXPECT_EQ(send_once_to_each(a, weft::Chan<unsigned>{}), 1);
    EXPECT_EQ(a.len(), 1U);
  });
}

TEST_P(SelectConformance, OtherwiseRunsWhenNothingIsReady) {
  perform([] {
    weft::Chan<int> nil;
    auto empty = make_chan<int>();
    auto full = make_chan<int>(1);
    full.send(1);
    int passed = 0;
    const auto pass = [&passed] { ++passed; };
    select(otherwise(pass));
    select(on_recv(nil, kUnreachable), otherwise(pass));
    select(on_send(nil, 7, kMustNotSend), otherwise(pass));
    select(on_recv(empty, kUnreachable), otherwise(pass));
    select(on_send(empty, 7, kMustNotSend), otherwise(pass));
    select(on_send(full, 7, kMustNotSend), otherwise(pass));
    select(on_recv(empty, kUnreachable), on_send(empty, 7, kMustNotSend), otherwise(pass));
    select(on_recv(nil, kUnreachable), on_send(full, 7, kMustNotSend), on_recv(empty, kUnreachable), otherwise(pass));
    EXPECT_EQ(passed, 8);
  });
}

TEST_P(SelectConformance, AReadyCaseNeverGivesWayToOtherwise) {
  perform([] {
    auto c = make_chan<int>(1);
    int fired = 0;
    for (int i = 0; i < 100; ++i) {
      select(otherwise(kMustNotPass), on_send(c, i, [&] { ++fired; }));
      select(on_recv(c,
                     [&](std::optional<int> value) {
                       EXPECT_EQ(value, i);
                       ++fired;
                     }),
             otherwise(kMustNotPass));
    }
    EXPECT_EQ(fired, 200);
  });
}

TEST_P(SelectConformance, ReceivingFromAClosedChannelIsReady) {
  perform([] {
    auto closed = make_chan<int>(1);
    closed.send(4);
    closed.close();
    std::vector<std::optional<int>> got;
    const auto keep = [&got](std::optional<int> value) { got.push_back(value); };
    select(on_recv(closed, keep));
    select(on_recv(closed, keep));
    select(on_recv(closed, keep), otherwise(kMustNotPass));
    EXPECT_EQ(got, (std::vector<std::optional<int>>{4, std::nullopt, std::nullopt}));
  });
}

TEST_P(SelectConformance, SendingToAClosedChannelThrows) {
  perform([] {
    auto closed = make_chan<std::unique_ptr<int>>(1);
    closed.close();
    auto value = std::make_unique<int>(1);
    EXPECT_THROW(select(on_send(closed, value, kMustNotSend)), weft::closed_channel);
    EXPECT_THROW(select(on_send(closed, value, kMustNotSend), otherwise(kMustNotPass)), weft::closed_channel);
    EXPECT_NE(value, nullptr);
  });
}

TEST_P(SelectConformance, CloseThrowsInASelectThatWaitsToSend) {
  perform([] {
    auto c = make_chan<int>();
    weft::Chan<int> nil;
    Crew crew(side());
    crew.go(
        [=] { EXPECT_THROW(select(on_send(c, 1, kMustNotSend), on_recv(nil, kUnreachable)), weft::closed_channel); });
    settle();
    c.close();
  });
}

TEST_P(SelectConformance, OnlyNilChannelsBlock) {
  perform([] {
    auto [context, cancel] = weft::with_cancel(weft::Context{});
    std::atomic<bool> over{false};
    Crew crew(side());
    crew.go([&over, context] {
      weft::Chan<int> nil;
      select(on_recv(nil, kUnreachable), on_send(nil, 7, kMustNotSend),
             weft::on_done(context, [&over] { over = true; }));
    });
    settle();
    EXPECT_FALSE(over);
    cancel();
    crew.join();
    EXPECT_TRUE(over);
  });
}

TEST_P(SelectConformance, ASelectDoesNotMeetItself) {
  perform([] {
    auto c = make_chan<int>();
    select(on_send(c, 1, kMustNotSend), on_recv(c, kUnreachable), otherwise([] {}));

    std::atomic<int> sent{0};
    std::optional<int> got;
    Crew crew(side());
    crew.go([c, &sent, &got] {
      select(on_send(c, 1, [&] { ++sent; }), on_recv(c, [&got](std::optional<int> value) { got = value; }));
    });
    settle();
    EXPECT_EQ(sent, 0);
    c.send(2);
    crew.join();
    EXPECT_EQ(sent, 0);
    EXPECT_EQ(got, 2);
  });
}

// Two workers each ready to send and to receive on one channel: they pair with each other, never with themselves.
TEST_P(SelectConformance, TwoSelectsOnBothEndsOfOneChannelPair) {
  perform([] {
    for (int capacity : {0, 10}) {
      auto c = make_chan<int>(capacity);
      Crew crew(side());
      for (int worker = 0; worker < 2; ++worker) {
        crew.go([c, capacity, worker] {
          const auto check = [capacity, worker](std::optional<int> value) {
            if (capacity == 0) {
              EXPECT_NE(value, worker);
            }
          };
          for (int i = 0; i < 1000; ++i) {
            if (worker == 0 || i % 2 == 0) {
              select(on_send(c, worker, [] {}), on_recv(c, check));
            } else {
              select(on_recv(c, check), on_send(c, worker, [] {}));
            }
          }
        });
      }
    }
  });
}

TEST_P(SelectConformance, OneChannelInSeveralCasesLeavesNothingBehind) {
  perform([] {
    auto c = make_chan<int>();
    auto d = make_chan<int>();
    auto finished = make_chan<void>();
    Crew crew(side());
    crew.go([=] {
      select(on_recv(c, kUnreachable), on_recv(c, kUnreachable),
             on_recv(d, [](std::optional<int> value) { EXPECT_EQ(value, 7); }));
      finished.send();
    });
    settle();
    d.send(7);
    finished.recv();
    crew.go([c] { EXPECT_EQ(c.recv(), 8); });
    c.send(8);
  });
}

TEST_P(SelectConformance, ALostCaseLeavesTheQueueOfItsChannel) {
  perform([] {
    auto quiet = make_chan<int>();
    auto busy = make_chan<int>();
    Crew crew(side());
    crew.go([quiet] { EXPECT_EQ(quiet.recv(), 1); });
    crew.go([quiet, busy] {
      select(on_recv(quiet, kUnreachable), on_recv(busy, [](std::optional<int> value) { EXPECT_EQ(value, 5); }));
      EXPECT_EQ(quiet.recv(), 1);
    });
    busy.send(5);
    quiet.send(1);
    quiet.send(1);
  });
}

TEST_P(SelectConformance, OnlyTheValueOfTheFiredSendIsTaken) {
  perform([] {
    auto full = make_chan<std::unique_ptr<int>>(1);
    auto open = make_chan<std::unique_ptr<int>>(1);
    full.send(nullptr);
    auto kept = std::make_unique<int>(1);
    auto taken = std::make_unique<int>(2);
    const std::size_t fired = select(on_send(full, kept, kMustNotSend), on_send(open, taken, [] {}));
    EXPECT_EQ(fired, 1U);
    EXPECT_TRUE(kept != nullptr && *kept == 1);
    EXPECT_EQ(taken, nullptr);
    EXPECT_EQ(**open.recv(), 2);
  });
}

TEST_P(SelectConformance, SelectOnAFullChannelTwiceTakesOtherwise) {
  perform([] {
    auto c = make_chan<std::shared_ptr<int>>(1);
    auto value = std::make_shared<int>(0);
    c.send(value);
    bool passed = false;
    select(on_send(c, value, kMustNotSend), on_send(c, std::make_shared<int>(1), kMustNotSend),
           otherwise([&] { passed = true; }));
    EXPECT_TRUE(passed);
    EXPECT_EQ(c.recv(), value);
  });
}

// Every way to send meets every way to receive.
using Sender = void (*)(weft::Chan<int>);
using Receiver = int (*)(weft::Chan<int>);
const std::array<Sender, 3> kSenders = {
    [](weft::Chan<int> c) { c.send(1); },
    [](weft::Chan<int> c) { select(on_send(c, 1, [] {})); },
    [](weft::Chan<int> c) { select(on_send(c, 1, [] {}), on_send(make_chan<int>(), 2, kMustNotSend)); },
};
const std::array<Receiver, 3> kReceivers = {
    [](weft::Chan<int> c) { return c.recv().value(); },
    [](weft::Chan<int> c) {
      int got = 0;
      select(on_recv(c, [&got](std::optional<int> value) { got = *value; }));
      return got;
    },
    [](weft::Chan<int> c) {
      int got = 0;
      select(on_recv(c, [&got](std::optional<int> value) { got = *value; }), on_recv(make_chan<int>(), kUnreachable));
      return got;
    },
};

TEST_P(SelectConformance, EveryFormOfSendMeetsEveryFormOfReceive) {
  perform([] {
    for (Sender send : kSenders) {
      for (Receiver receive : kReceivers) {
        auto c = make_chan<int>();
        Crew crew(side());
        crew.go([c, receive] { EXPECT_EQ(receive(c), 1); });
        settle();
        send(c);
        crew.join();
        crew.go([c, send] { send(c); });
        settle();
        EXPECT_EQ(receive(c), 1);
      }
    }
  });
}

TEST_P(SelectConformance, CasesKnownAtRunTimeFireEachForItself) {
  perform([] {
    constexpr std::size_t kChannels = 500;
    std::vector<weft::Chan<int>> channels;
    for (std::size_t i = 0; i < kChannels; ++i) channels.push_back(make_chan<int>());
    Crew crew(side());
    crew.go([&channels] {
      for (std::size_t i = 0; i < kChannels; ++i) channels[(i * 7) % kChannels].send(static_cast<int>(i));
    });
    std::vector<bool> seen(kChannels);
    for (std::size_t n = 0; n < kChannels; ++n) {
      weft::Selector selector;
      int value = -1;
      for (weft::Chan<int>& c : channels) selector.recv(c, [&value](std::optional<int> v) { value = v.value(); });
      const std::size_t fired = selector.wait();
      ASSERT_EQ(fired, (static_cast<std::size_t>(value) * 7) % kChannels);
      ASSERT_FALSE(seen[fired]);
      seen[fired] = true;
    }
  });
}

}  // namespace
