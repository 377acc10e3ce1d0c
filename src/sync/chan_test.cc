// Channels by the rules of chan.h: blocking, order, close, nil, the non-blocking calls, capacities.
#include "weft/chan.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "sync/chan_test_support.h"
#include "weft/runtime.h"

namespace weft {
namespace {

using testing::BothWays;
using testing::name_of;
using testing::wait_for_receivers;
using testing::wait_for_senders;
using testing::Where;

class ChanTest : public BothWays {};
WEFT_BOTH_WAYS(ChanTest);

TEST_P(ChanTest, HandlesShareOneChannel) {
  run([] {
    auto c = make_chan<int>(3);
    Chan<int> same = c;
    SendChan<int> in = c;
    RecvChan<int> out = same;
    in.send(1);
    same.send(2);
    EXPECT_EQ(c.len(), 2u);
    EXPECT_EQ(out.len(), 2u);
    EXPECT_EQ(in.cap(), 3u);
    EXPECT_EQ(out.recv(), 1);
    EXPECT_EQ(c.recv(), 2);
    EXPECT_TRUE(in == out);
    EXPECT_TRUE(c == same);
    EXPECT_FALSE(c == make_chan<int>(3));
    Chan<int> moved = std::move(same);
    EXPECT_FALSE(static_cast<bool>(same));  // NOLINT(bugprone-use-after-move): a moved-from handle is nil
    EXPECT_TRUE(static_cast<bool>(moved));
  });
}

TEST_P(ChanTest, UnbufferedSendWaitsForItsReceiver) {
  run([] {
    auto c = make_chan<int>();
    std::atomic<bool> sent{false};
    auto sender = spawn([&] {
      c.send(7);
      sent = true;
    });
    wait_for_senders(c, 1);
    EXPECT_FALSE(sent);
    EXPECT_TRUE(testing::sound(c));
    EXPECT_EQ(c.len(), 0u);
    EXPECT_EQ(c.cap(), 0u);
    EXPECT_EQ(c.recv(), 7);
    sender.join();
    EXPECT_TRUE(sent);
  });
}

TEST_P(ChanTest, RecvWaitsForItsSender) {
  run([] {
    auto c = make_chan<std::string>();
    auto receiver = spawn([&] { return c.recv(); });
    wait_for_receivers(c, 1);
    EXPECT_FALSE(receiver.done());
    EXPECT_TRUE(testing::sound(c));
    c.send("hello");
    EXPECT_EQ(receiver.join(), "hello");
  });
}

TEST_P(ChanTest, BufferKeepsOrderAroundItsEnd) {
  run([] {
    auto c = make_chan<int>(3);
    int next_in = 0;
    int next_out = 0;
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i <= round % 3; ++i) c.send(next_in++);
      EXPECT_EQ(c.len(), static_cast<std::size_t>(round % 3 + 1));
      for (int i = 0; i <= round % 3; ++i) EXPECT_EQ(c.recv(), next_out++);
      EXPECT_EQ(c.len(), 0u);
    }
  });
}

TEST_P(ChanTest, SendWaitsWhileTheBufferIsFull) {
  run([] {
    auto c = make_chan<int>(2);
    c.send(1);
    c.send(2);
    auto sender = spawn([&] { c.send(3); });
    wait_for_senders(c, 1);
    EXPECT_FALSE(sender.done());
    EXPECT_TRUE(testing::sound(c));
    EXPECT_EQ(c.recv(), 1);
    sender.join();
    EXPECT_EQ(c.len(), 2u);
    EXPECT_EQ(c.recv(), 2);
    EXPECT_EQ(c.recv(), 3);
  });
}

TEST_P(ChanTest, ReceiversAreServedInTheOrderTheyCame) {
  run([] {
    auto c = make_chan<int>();
    std::vector<Task<std::optional<int>>> receivers;
    for (std::size_t i = 0; i < 6; ++i) {
      receivers.push_back(spawn([&] { return c.recv(); }));
      wait_for_receivers(c, i + 1);
    }
    for (int i = 0; i < 6; ++i) c.send(i);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(receivers[static_cast<std::size_t>(i)].join(), i);
  });
}

TEST_P(ChanTest, SendersAreServedInTheOrderTheyCame) {
  for (int capacity : {0, 1, 4}) {
    run([capacity] {
      auto c = make_chan<int>(capacity);
      for (int i = 0; i < capacity; ++i) c.send(i);
      std::vector<Task<void>> senders;
      for (int i = 0; i < 6; ++i) {
        senders.push_back(spawn([&c, i, capacity] { c.send(capacity + i); }));
        wait_for_senders(c, static_cast<std::size_t>(i) + 1);
      }
      for (int i = 0; i < capacity + 6; ++i) EXPECT_EQ(c.recv(), i);
      for (auto& sender : senders) sender.join();
    });
  }
}

TEST_P(ChanTest, CloseLetsWhatIsBufferedThrough) {
  run([] {
    auto c = make_chan<int>(3);
    c.send(1);
    c.send(2);
    c.close();
    EXPECT_EQ(c.recv(), 1);
    EXPECT_EQ(c.recv(), 2);
    EXPECT_EQ(c.recv(), std::nullopt);
    EXPECT_EQ(c.recv(), std::nullopt);
    EXPECT_EQ(c.len(), 0u);
    EXPECT_TRUE(testing::sound(c));
  });
}

TEST_P(ChanTest, CloseWakesEveryReceiver) {
  run([] {
    auto c = make_chan<int>();
    std::vector<Task<std::optional<int>>> receivers;
    for (int i = 0; i < 5; ++i) receivers.push_back(spawn([&] { return c.recv(); }));
    wait_for_receivers(c, 5);
    c.close();
    for (auto& receiver : receivers) EXPECT_EQ(receiver.join(), std::nullopt);
  });
}

TEST_P(ChanTest, CloseMakesWaitingSendersThrowAndKeepTheirValue) {
  run([] {
    auto c = make_chan<std::string>(1);
    c.send("buffered");
    std::vector<Task<std::string>> senders;
    for (int i = 0; i < 3; ++i) {
      senders.push_back(spawn([&] {
        std::string mine = "a value too long to live inside the string object";
        EXPECT_THROW(c.send(std::move(mine)), closed_channel);
        return mine;  // NOLINT(bugprone-use-after-move): a failed send leaves it
      }));
    }
    wait_for_senders(c, 3);
    c.close();
    for (auto& sender : senders) EXPECT_EQ(sender.join(), "a value too long to live inside the string object");
    EXPECT_EQ(c.recv(), "buffered");
    EXPECT_EQ(c.recv(), std::nullopt);
  });
}

TEST_P(ChanTest, SendOnClosedThrowsAndKeepsTheValue) {
  run([] {
    auto c = make_chan<std::string>(1);
    c.close();
    std::string value = "a value too long to live inside the string object";
    EXPECT_THROW(c.send(std::move(value)), closed_channel);
    EXPECT_THROW(c.try_send(value), closed_channel);
    EXPECT_EQ(value, "a value too long to live inside the string object");  // NOLINT(bugprone-use-after-move)
    EXPECT_THROW(c.send(value), usage_error) << "closed_channel is one";
  });
}

TEST_P(ChanTest, CloseTwiceOrOfNilIsAFault) {
  run([] {
    auto c = make_chan<int>();
    SendChan<int> view = c;
    view.close();
    EXPECT_THROW(c.close(), closed_channel);
    EXPECT_THROW(Chan<int>().close(), usage_error);
    EXPECT_THROW(Chan<void>().close(), usage_error);
  });
}

TEST_P(ChanTest, TryRecvTellsThreeThingsApart) {
  run([] {
    auto c = make_chan<int>(1);
    TryRecv<int> r = c.try_recv();
    EXPECT_TRUE(r.empty && !r.closed && !r.value && !r);
    c.send(5);
    r = c.try_recv();
    EXPECT_TRUE(!r.empty && !r.closed && r);
    EXPECT_EQ(r.value, 5);
    c.send(6);
    c.close();
    r = c.try_recv();
    EXPECT_TRUE(!r.empty && !r.closed);
    EXPECT_EQ(r.value, 6);
    r = c.try_recv();
    EXPECT_TRUE(!r.empty && r.closed && !r.value);
    EXPECT_TRUE(Chan<int>().try_recv().empty);
  });
}

TEST_P(ChanTest, TrySendMovesOnlyWhenItSends) {
  run([] {
    auto c = make_chan<std::string>(1);
    const std::string text = "a value too long to live inside the string object";
    std::string value = text;
    EXPECT_TRUE(c.try_send(value));
    EXPECT_EQ(value, "");
    value = text;
    EXPECT_FALSE(c.try_send(value));
    EXPECT_FALSE(c.try_send(std::move(value)));
    EXPECT_EQ(value, text);  // NOLINT(bugprone-use-after-move)
    EXPECT_FALSE(Chan<std::string>().try_send(value));
    EXPECT_EQ(c.recv(), text);
    EXPECT_TRUE(c.try_send(text));
    EXPECT_EQ(c.recv(), text);
  });
}

TEST_P(ChanTest, TrySendAndTryRecvMeetAWaiter) {
  run([] {
    auto c = make_chan<int>();
    EXPECT_FALSE(c.try_send(1));
    auto receiver = spawn([&] { return c.recv(); });
    wait_for_receivers(c, 1);
    EXPECT_TRUE(c.try_send(2));
    EXPECT_EQ(receiver.join(), 2);
    auto sender = spawn([&] { c.send(3); });
    wait_for_senders(c, 1);
    EXPECT_EQ(c.try_recv().value, 3);
    sender.join();
    EXPECT_TRUE(c.try_recv().empty);
  });
}

TEST(ChanNil, BlocksForEver) {
  weft::run([] {
    std::atomic<int> started{0};
    std::atomic<int> passed{0};
    const auto nil_goes_on = [&](auto operation) {
      go([&started, &passed, operation] {
        ++started;
        operation();
        ++passed;
      });
    };
    nil_goes_on([] { Chan<int>().send(1); });
    nil_goes_on([] { Chan<int>().recv(); });
    nil_goes_on([] { SendChan<void>().send(); });
    nil_goes_on([] { RecvChan<void>().recv(); });
    nil_goes_on([] {
      for (int& i : Chan<int>()) ++i;
    });
    testing::wait_until([&] { return started == 5; });
    for (int i = 0; i < 1000; ++i) yield();
    EXPECT_EQ(passed, 0);
    EXPECT_EQ(Chan<int>().len() + Chan<int>().cap(), 0u);
  });
}

TEST_P(ChanTest, RangeForEndsWithTheChannel) {
  run([] {
    auto c = make_chan<int>(2);
    auto sender = spawn([&] {
      for (int i = 1; i <= 100; ++i) c.send(i);
      c.close();
    });
    int sum = 0;
    for (int& i : c) {
      i *= 2;
      sum += i;
    }
    EXPECT_EQ(sum, 10100);
    sender.join();
    for (int i : RecvChan<int>(c)) ADD_FAILURE() << i;
  });
}

TEST_P(ChanTest, VoidCarriesSignals) {
  run([] {
    auto c = make_chan<void>(2);
    c.send();
    EXPECT_TRUE(c.try_send());
    EXPECT_FALSE(c.try_send());
    EXPECT_EQ(c.len(), 2u);
    EXPECT_TRUE(c.recv());
    EXPECT_TRUE(c.try_recv().value);
    EXPECT_TRUE(c.try_recv().empty);
    c.close();
    EXPECT_FALSE(c.recv());
    EXPECT_TRUE(c.try_recv().closed);
    EXPECT_THROW(c.send(), closed_channel);
    EXPECT_THROW(c.try_send(), closed_channel);
    auto handshake = make_chan<void>();
    auto other = spawn([&] { return handshake.recv(); });
    handshake.send();
    EXPECT_TRUE(other.join());
  });
}

TEST_P(ChanTest, AManyToManyPipeKeepsEverything) {
  run([] {
    auto c = make_chan<int>(4);
    auto sums = make_chan<long>(4);
    for (int r = 0; r < 4; ++r) {
      go([&] {
        long sum = 0;
        for (int i : c) sum += i;
        sums.send(sum);
      });
    }
    std::vector<Task<void>> senders;
    for (int s = 0; s < 4; ++s) {
      senders.push_back(spawn([&] {
        for (int i = 1; i <= 1000; ++i) c.send(i);
      }));
    }
    for (auto& sender : senders) sender.join();
    c.close();
    long sum = 0;
    for (int r = 0; r < 4; ++r) sum += *sums.recv();
    EXPECT_EQ(sum, 4 * 500500L);
  });
}

TEST(ChanThreads, PlainThreadsTalkToEachOther) {
  auto there = make_chan<int>();
  auto back = make_chan<int>(1);
  std::thread echo([&] {
    for (int i : there) back.send(i + 1);
    back.close();
  });
  for (int i = 0; i < 200; ++i) {
    there.send(i);
    EXPECT_EQ(back.recv(), i + 1);
  }
  there.close();
  EXPECT_EQ(back.recv(), std::nullopt);
  echo.join();
}

}  // namespace
}  // namespace weft
