// Channels as Go's own suites describe them: blocking, order, closing, nil channels, element types, directions.
#include <atomic>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/context.h"

namespace {

using conformance::Crew;
using conformance::settle;
using weft::make_chan;

const int kCapacities[] = {0, 1, 2, 3, 7, 32};

class ChanConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ChanConformance);

TEST_P(ChanConformance, ReceiveFromAnEmptyChannelBlocksUntilASend) {
  perform([] {
    for (int capacity : kCapacities) {
      auto c = make_chan<int>(capacity);
      std::atomic<int> received{0};
      Crew crew(side());
      for (int i = 0; i < 2; ++i) {
        crew.go([&received, c] {
          EXPECT_EQ(c.recv(), 5);
          ++received;
        });
      }
      settle();
      EXPECT_EQ(received, 0) << "capacity " << capacity;
      c.send(5);
      c.send(5);
      crew.join();
      EXPECT_EQ(received, 2);
    }
  });
}

TEST_P(ChanConformance, SendToAFullChannelBlocksUntilAReceive) {
  perform([] {
    for (int capacity : kCapacities) {
      auto c = make_chan<int>(capacity);
      for (int i = 0; i < capacity; ++i) c.send(i);
      std::atomic<bool> sent{false};
      Crew crew(side());
      crew.go([&sent, c, capacity] {
        c.send(capacity);
        sent = true;
      });
      settle();
      EXPECT_FALSE(sent) << "capacity " << capacity;
      for (int i = 0; i <= capacity; ++i) EXPECT_EQ(c.recv(), i);
      crew.join();
      EXPECT_TRUE(sent);
    }
  });
}

TEST_P(ChanConformance, NonBlockingOperationsSayThatTheyWouldBlock) {
  perform([] {
    for (int capacity : kCapacities) {
      auto c = make_chan<int>(capacity);
      weft::TryRecv<int> nothing = c.try_recv();
      EXPECT_TRUE(nothing.empty);
      EXPECT_FALSE(nothing.closed);
      EXPECT_FALSE(nothing.value.has_value());
      for (int i = 0; i < capacity; ++i) EXPECT_TRUE(c.try_send(i));
      EXPECT_FALSE(c.try_send(7)) << "capacity " << capacity;
      for (int i = 0; i < capacity; ++i) EXPECT_EQ(c.try_recv().value, i);
      EXPECT_TRUE(c.try_recv().empty);
    }
  });
}

TEST_P(ChanConformance, NonBlockingOperationsMeetABlockedPeer) {
  perform([] {
    auto text = make_chan<std::string>();
    Crew crew(side());
    crew.go([text] { EXPECT_EQ(text.recv(), "to the receiver"); });
    std::string offer = "to the receiver";
    conformance::until([&] { return text.try_send(offer); });
    crew.go([text] { text.send("from the sender"); });
    weft::TryRecv<std::string> got;
    conformance::until([&] {
      got = text.try_recv();
      return got.value.has_value();
    });
    EXPECT_EQ(*got.value, "from the sender");
  });
}

TEST_P(ChanConformance, AClosedChannelIsDrainedThenSaysClosed) {
  perform([] {
    for (int capacity : kCapacities) {
      auto c = make_chan<int>(capacity);
      for (int i = 0; i < capacity; ++i) c.send(i);
      c.close();
      for (int i = 0; i < capacity; ++i) EXPECT_EQ(c.recv(), i);
      for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(c.recv(), std::nullopt);
        weft::TryRecv<int> closed = c.try_recv();
        EXPECT_TRUE(closed.closed);
        EXPECT_FALSE(closed.empty);
      }
    }
  });
}

TEST_P(ChanConformance, CloseWakesEveryReceiver) {
  perform([] {
    for (int capacity : kCapacities) {
      auto c = make_chan<int>(capacity);
      Crew crew(side());
      for (int i = 0; i < 5; ++i) crew.go([c] { EXPECT_EQ(c.recv(), std::nullopt); });
      settle();
      c.close();
    }
  });
}

TEST_P(ChanConformance, CloseThrowsInABlockedSenderWhichKeepsItsValue) {
  perform([] {
    auto c = make_chan<std::unique_ptr<int>>(1);
    c.send(std::make_unique<int>(1));
    Crew crew(side());
    std::atomic<int> refused{0};
    for (int i = 0; i < 3; ++i) {
      crew.go([&refused, c] {
        auto value = std::make_unique<int>(2);
        EXPECT_THROW(c.send(std::move(value)), weft::closed_channel);
        EXPECT_TRUE(value != nullptr && *value == 2);
        ++refused;
      });
    }
    settle();
    c.close();
    crew.join();
    EXPECT_EQ(refused, 3);
    EXPECT_EQ(**c.recv(), 1);
    EXPECT_EQ(c.recv(), std::nullopt);
  });
}

TEST_P(ChanConformance, MisuseOfAClosedOrNilChannelThrows) {
  perform([] {
    auto c = make_chan<int>(1);
    c.close();
    EXPECT_THROW(c.send(7), weft::closed_channel);
    int value = 7;
    EXPECT_THROW(c.try_send(value), weft::closed_channel);
    EXPECT_THROW(c.close(), weft::closed_channel);
    weft::Chan<int> nil;
    EXPECT_THROW(nil.close(), weft::usage_error);
  });
}

TEST_P(ChanConformance, ValuesOfOneSenderArriveInOrder) {
  perform([] {
    for (int capacity : kCapacities) {
      auto c = make_chan<int>(capacity);
      Crew crew(side());
      crew.go([c] {
        for (int i = 0; i < 200; ++i) c.send(i);
      });
      for (int i = 0; i < 200; ++i) ASSERT_EQ(c.recv(), i) << "capacity " << capacity;
    }
  });
}

constexpr int kWorkers = 4;
constexpr int kValues = 500;

TEST_P(ChanConformance, ManySendersAndReceiversLoseAndDoubleNothing) {
  perform([] {
    for (int capacity : kCapacities) {
      auto c = make_chan<int>(capacity);
      std::vector<std::atomic<int>> seen(kValues);
      {
        Crew crew(side());
        for (int worker = 0; worker < kWorkers; ++worker) {
          crew.go([c] {
            for (int i = 0; i < kValues; ++i) c.send(i);
          });
          crew.go([c, &seen] {
            for (int i = 0; i < kValues; ++i) ++seen[static_cast<std::size_t>(c.recv().value())];
          });
        }
      }
      for (const std::atomic<int>& count : seen) ASSERT_EQ(count.load(), kWorkers) << "capacity " << capacity;
    }
  });
}

TEST_P(ChanConformance, LengthAndCapacity) {
  perform([] {
    for (int capacity : kCapacities) {
      auto c = make_chan<int>(capacity);
      const auto size = static_cast<std::size_t>(capacity);
      EXPECT_EQ(static_cast<std::size_t>(c.len()), 0U);
      EXPECT_EQ(static_cast<std::size_t>(c.cap()), size);
      for (int i = 0; i < capacity; ++i) c.send(i);
      EXPECT_EQ(static_cast<std::size_t>(c.len()), size);
      c.close();
      EXPECT_EQ(static_cast<std::size_t>(c.len()), size);
    }
    weft::Chan<int> nil;
    EXPECT_EQ(static_cast<std::size_t>(nil.len()), 0U);
    EXPECT_EQ(static_cast<std::size_t>(nil.cap()), 0U);
  });
}

TEST_P(ChanConformance, ANilChannelNeverTransfers) {
  perform([] {
    weft::Chan<int> nil;
    int value = 7;
    EXPECT_FALSE(nil.try_send(value));
    EXPECT_TRUE(nil.try_recv().empty);

    auto [context, cancel] = weft::with_cancel(weft::Context{});
    std::atomic<int> gave_up{0};
    Crew crew(side());
    crew.go([&gave_up, nil, context] {
      std::error_code error;
      EXPECT_EQ(nil.recv(context, error), std::nullopt);
      EXPECT_EQ(error, weft::errc::cancelled);
      ++gave_up;
    });
    crew.go([&gave_up, nil, context] {
      std::error_code error;
      nil.send(7, context, error);
      EXPECT_EQ(error, weft::errc::cancelled);
      ++gave_up;
    });
    settle();
    EXPECT_EQ(gave_up, 0);
    cancel();
    crew.join();
    EXPECT_EQ(gave_up, 2);
  });
}

struct Empty {};

TEST_P(ChanConformance, ElementsWithoutSize) {
  perform([] {
    for (int capacity : {0, 1}) {
      auto empty = make_chan<Empty>(capacity);
      auto signal = make_chan<void>(capacity);
      Crew crew(side());
      crew.go([empty, signal] {
        for (int i = 0; i < 10; ++i) empty.send(Empty{});
        for (int i = 0; i < 10; ++i) signal.send();
        signal.close();
      });
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(empty.recv().has_value());
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(signal.recv());
      EXPECT_FALSE(signal.recv());
    }
  });
}

TEST_P(ChanConformance, AChannelTravelsThroughAChannel) {
  perform([] {
    auto replies = make_chan<weft::Chan<int>>(1);
    auto reply = make_chan<int>(1);
    replies.send(reply);
    replies.recv()->send(2);
    EXPECT_EQ(reply.recv(), 2);
  });
}

TEST_P(ChanConformance, RangeEndsWhenTheChannelIsClosedAndDrained) {
  perform([] {
    auto c = make_chan<int>(3);
    Crew crew(side());
    crew.go([c] {
      for (int i = 1; i <= 100; ++i) c.send(i);
      c.close();
    });
    int sum = 0;
    for (int& value : c) sum += value;
    EXPECT_EQ(sum, 5050);
  });
}

// What a direction must not allow is rejected when compiled.
template <class C>
concept CanSend = requires(C c) { c.send(1); };
template <class C>
concept CanReceive = requires(C c) { c.recv(); };
template <class C>
concept CanClose = requires(C c) { c.close(); };
template <class C>
concept CanRange = requires(C c) { c.begin(); };

using Both = weft::Chan<int>;
using Send = weft::SendChan<int>;
using Receive = weft::RecvChan<int>;
static_assert(CanSend<Both> && CanReceive<Both> && CanClose<Both> && CanRange<Both>);
static_assert(CanSend<Send> && CanClose<Send> && !CanReceive<Send> && !CanRange<Send>);
static_assert(CanReceive<Receive> && CanRange<Receive> && !CanSend<Receive> && !CanClose<Receive>);
static_assert(std::convertible_to<Both, Send> && std::convertible_to<Both, Receive>);
static_assert(!std::constructible_from<Both, Send> && !std::constructible_from<Both, Receive>);
static_assert(!std::constructible_from<Send, Receive> && !std::constructible_from<Receive, Send>);

TEST_P(ChanConformance, DirectionalViewsShareTheChannel) {
  perform([] {
    auto c = make_chan<int>(1);
    weft::SendChan<int> in = c;
    weft::RecvChan<int> out = c;
    in.send(3);
    EXPECT_EQ(out.recv(), 3);
    in.close();
    EXPECT_EQ(out.recv(), std::nullopt);
  });
}

}  // namespace
