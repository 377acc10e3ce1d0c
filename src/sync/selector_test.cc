// Selector: cases known at run time, used again and again.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sync/chan_test_support.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/select.h"

namespace weft {
namespace {

using namespace std::chrono_literals;
using testing::BothWays;
using testing::name_of;
using testing::wait_for_receivers;
using testing::Where;

class SelectorTest : public BothWays {};
WEFT_BOTH_WAYS(SelectorTest);

TEST_P(SelectorTest, CasesStayForTheNextWait) {
  run([] {
    auto in = make_chan<int>(4);
    auto out = make_chan<std::string>(1);
    std::vector<int> got;
    std::string text = "one";
    Selector selector;
    EXPECT_EQ(selector.recv(in, [&](std::optional<int> v) { got.push_back(*v); }), 0u);
    EXPECT_EQ(selector.send(out, text), 1u);
    EXPECT_EQ(selector.size(), 2u);
    EXPECT_EQ(selector.wait(), 1u);
    EXPECT_EQ(out.len(), 1u);
    in.send(1);
    in.send(2);
    EXPECT_EQ(selector.wait(), 0u);
    EXPECT_EQ(selector.wait(), 0u);
    EXPECT_EQ(got, (std::vector<int>{1, 2}));
    EXPECT_EQ(out.recv(), "one");
    text = "two";
    EXPECT_EQ(selector.wait(), 1u);
    EXPECT_EQ(out.recv(), "two");
  });
}

TEST_P(SelectorTest, AnOwnedValueIsSentOnce) {
  run([] {
    auto out = make_chan<std::unique_ptr<int>>(2);
    Selector selector;
    selector.send(out, std::make_unique<int>(7));
    selector.timeout(0s);
    EXPECT_EQ(selector.wait(), 0u);
    EXPECT_EQ(selector.wait(), 1u);
    EXPECT_EQ(out.len(), 1u);
    EXPECT_EQ(**out.recv(), 7);
  });
}

TEST_P(SelectorTest, ParksOnManyChannels) {
  run([] {
    std::vector<Chan<int>> channels;
    Selector selector;
    std::vector<int> got;
    for (int i = 0; i < 50; ++i) {
      channels.push_back(make_chan<int>());
      selector.recv(channels.back(), [&](std::optional<int> v) { got.push_back(*v); });
    }
    auto sender = spawn([&] {
      for (std::size_t i = 0; i < 50; ++i) {
        wait_for_receivers(channels[i], 1);
        channels[i].send(static_cast<int>(i));
      }
    });
    for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(selector.wait(), i);
    sender.join();
    for (int i = 0; i < 50; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
    for (auto& c : channels) EXPECT_TRUE(testing::sound(c));
  });
}

TEST_P(SelectorTest, KeepsItsChannelsAlive) {
  run([] {
    Selector selector;
    bool closed = false;
    {
      auto c = make_chan<int>();
      selector.recv(c, [&](std::optional<int> v) { closed = !v; });
      c.close();
    }
    EXPECT_EQ(selector.wait(), 0u);
    EXPECT_TRUE(closed);
  });
}

TEST_P(SelectorTest, OtherwiseStandsOnce) {
  run([] {
    auto c = make_chan<void>(1);
    Selector selector;
    selector.recv(c, [](bool) {});
    selector.otherwise();
    EXPECT_THROW(selector.otherwise(), usage_error);
    EXPECT_EQ(selector.wait(), 1u);
    c.send();
    EXPECT_EQ(selector.wait(), 0u);
    selector.clear();
    EXPECT_EQ(selector.size(), 0u);
    EXPECT_EQ(selector.otherwise(), 0u);
    EXPECT_EQ(selector.wait(), 0u);
  });
}

TEST_P(SelectorTest, AHandlerMayChangeTheCases) {
  run([] {
    auto c = make_chan<int>(3);
    for (int i = 0; i < 3; ++i) c.send(i);
    Selector selector;
    int last = -1;
    const auto kept = std::make_shared<int>(5);
    selector.recv(c, [&, kept](std::optional<int>) {
      selector.clear();
      selector.recv(c, [&](std::optional<int> v) { last = *v; });
      last = *kept;  // the handler that runs is still there
    });
    EXPECT_EQ(selector.wait(), 0u);
    EXPECT_EQ(last, 5);
    EXPECT_EQ(selector.wait(), 0u);
    EXPECT_EQ(last, 1);
  });
}

TEST_P(SelectorTest, FaultsAreThrown) {
  run([] {
    auto c = make_chan<int>();
    c.close();
    Selector selector;
    selector.send(c, 1);
    EXPECT_THROW(selector.wait(), closed_channel);
    EXPECT_THROW(selector.recv(c, std::function<void()>()), usage_error);
    EXPECT_EQ(selector.size(), 1u);
  });
}

TEST(SelectorEmpty, BlocksForEver) {
  weft::run([] {
    std::atomic<bool> started{false};
    std::atomic<bool> passed{false};
    go([&] {
      Selector selector;
      started = true;
      selector.wait();
      passed = true;
    });
    testing::wait_until([&] { return started.load(); });
    for (int i = 0; i < 1000; ++i) yield();
    EXPECT_FALSE(passed);
  });
}

}  // namespace
}  // namespace weft
