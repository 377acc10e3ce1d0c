// What kinds of T travel through a channel, how often they are moved, and that none is lost or destroyed twice.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "sync/chan_test_support.h"
#include "weft/chan.h"

namespace weft {
namespace {

using testing::BothWays;
using testing::Census;
using testing::Fragile;
using testing::name_of;
using testing::Tracked;
using testing::wait_for_receivers;
using testing::wait_for_senders;
using testing::Where;

class ChanElementTest : public BothWays {};
WEFT_BOTH_WAYS(ChanElementTest);

TEST_P(ChanElementTest, AWaitingReceiverGetsTheValueInOneMove) {
  run([] {
    Census census;
    {
      auto c = make_chan<Tracked>();
      auto receiver = spawn([&] {
        std::optional<Tracked> got = c.recv();
        EXPECT_EQ(census.moves, 1);
        return got->number();
      });
      wait_for_receivers(c, 1);
      Tracked mine(census, 4);
      c.send(std::move(mine));
      EXPECT_TRUE(mine.moved_from());  // NOLINT(bugprone-use-after-move)
      EXPECT_EQ(receiver.join(), 4);
    }
    EXPECT_EQ(census.alive, 0);
  });
}

TEST_P(ChanElementTest, SoDoesAWaitingLoop) {
  run([] {
    Census census;
    {
      auto c = make_chan<Tracked>();
      auto receiver = spawn([&] {
        for (Tracked& got : c) {
          EXPECT_EQ(census.moves, 1);
          EXPECT_EQ(got.number(), 4);
        }
      });
      wait_for_receivers(c, 1);
      c.send(Tracked(census, 4));
      c.close();
      receiver.join();
    }
    EXPECT_EQ(census.alive, 0);
  });
}

TEST_P(ChanElementTest, ThroughTheBufferItIsTwo) {
  run([] {
    Census census;
    {
      auto c = make_chan<Tracked>(2);
      c.send(Tracked(census, 1));
      std::optional<Tracked> got = c.recv();
      EXPECT_EQ(got->number(), 1);
      EXPECT_EQ(census.moves, 2);
      EXPECT_EQ(census.alive, 1);
    }
    EXPECT_EQ(census.alive, 0);
  });
}

TEST_P(ChanElementTest, TheLastHandleDestroysWhatIsBuffered) {
  run([] {
    Census census;
    auto c = make_chan<Tracked>(4);
    for (int i = 0; i < 6; ++i) {  // the ring has gone round
      if (i >= 3) c.recv();
      c.send(Tracked(census, i));
    }
    RecvChan<Tracked> view = c;
    c = {};
    EXPECT_EQ(census.alive, 3);
    EXPECT_EQ(view.recv()->number(), 3);
    view = {};
    EXPECT_EQ(census.alive, 0);
  });
}

TEST_P(ChanElementTest, AFailedSendLeavesTheObjectWhereItIs) {
  run([] {
    Census census;
    auto c = make_chan<Tracked>();
    Tracked mine(census, 9);
    EXPECT_FALSE(c.try_send(mine));
    auto sender = spawn([&] { EXPECT_THROW(c.send(std::move(mine)), closed_channel); });
    wait_for_senders(c, 1);
    c.close();
    sender.join();
    EXPECT_EQ(mine.number(), 9);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(census.moves, 0);
  });
}

TEST_P(ChanElementTest, MoveOnlyInARangeFor) {
  run([] {
    auto c = make_chan<std::unique_ptr<int>>(3);
    for (int i = 0; i < 3; ++i) c.send(std::make_unique<int>(i));
    c.close();
    int expected = 0;
    std::vector<std::unique_ptr<int>> kept;
    for (std::unique_ptr<int>& p : c) {
      EXPECT_EQ(*p, expected++);
      kept.push_back(std::move(p));
    }
    EXPECT_EQ(kept.size(), 3u);
  });
}

TEST_P(ChanElementTest, LargeAndOverAlignedElements) {
  struct alignas(256) Page {
    std::uint64_t words[512];
  };
  run([] {
    auto c = make_chan<Page>(3);
    for (std::uint64_t i = 0; i < 3; ++i) {
      Page page{};
      page.words[511] = i;
      c.send(page);
    }
    for (std::uint64_t i = 0; i < 3; ++i) {
      std::optional<Page> page = c.recv();
      EXPECT_EQ(page->words[511], i);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*page) % 256, 0u);
    }
  });
}

TEST_P(ChanElementTest, AMoveThatThrowsReachesItsCallerAndHarmsNobody) {
  run([] {
    auto c = make_chan<Fragile>(2);
    int fuse = 1;
    Fragile bad(1, &fuse);
    EXPECT_THROW(c.send(std::move(bad)), std::runtime_error);
    EXPECT_EQ(bad.number, 1);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(c.len(), 0u);
    c.send(Fragile(2));
    EXPECT_TRUE(c.try_send(Fragile(3)));
    EXPECT_FALSE(c.try_send(Fragile(4)));
    EXPECT_EQ(c.recv()->number, 2);
    EXPECT_EQ(c.try_recv().value->number, 3);
    auto sender = spawn([&] {
      for (int i = 0; i < 10; ++i) c.send(Fragile(i));
      c.close();
    });
    int expected = 0;
    for (Fragile& f : c) EXPECT_EQ(f.number, expected++);
    EXPECT_EQ(expected, 10);
    sender.join();
  });
}

TEST_P(ChanElementTest, AFragileValueComesBackWhenItWasNotSent) {
  run([] {
    auto c = make_chan<Fragile>();
    Fragile mine(5);
    auto sender = spawn([&] { EXPECT_THROW(c.send(std::move(mine)), closed_channel); });
    wait_for_senders(c, 1);
    c.close();
    sender.join();
    EXPECT_EQ(mine.number, 5);  // NOLINT(bugprone-use-after-move)
    EXPECT_THROW(c.try_send(mine), closed_channel);
    EXPECT_EQ(mine.number, 5);
  });
}

TEST_P(ChanElementTest, AChannelOfChannels) {
  run([] {
    auto requests = make_chan<Chan<int>>();
    auto server = spawn([&] {
      for (Chan<int>& reply : requests) reply.send(42);
    });
    for (int i = 0; i < 10; ++i) {
      auto reply = make_chan<int>();
      requests.send(reply);
      EXPECT_EQ(reply.recv(), 42);
    }
    requests.close();
    server.join();
  });
}

}  // namespace
}  // namespace weft
