// Select by the rules of select.h: which case fires, what happens to the others' values, timeouts, otherwise, faults.
#include "weft/select.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sync/chan_test_support.h"
#include "weft/chan.h"
#include "weft/runtime.h"

namespace weft {
namespace {

using namespace std::chrono_literals;
using testing::BothWays;
using testing::Census;
using testing::Fragile;
using testing::name_of;
using testing::Tracked;
using testing::wait_for_receivers;
using testing::wait_for_senders;
using testing::Where;

class SelectTest : public BothWays {};
WEFT_BOTH_WAYS(SelectTest);

TEST_P(SelectTest, ReturnsThePositionOfTheCaseThatFired) {
  run([] {
    auto empty = make_chan<int>(1);
    auto full = make_chan<std::string>(1);
    full.send("x");
    std::optional<std::string> got;
    const std::size_t fired = select(on_recv(empty, [](std::optional<int>) { FAIL(); }),
                                     on_recv(full, [&](std::optional<std::string> v) { got = std::move(v); }),
                                     on_timeout(1h, [] { FAIL(); }));
    EXPECT_EQ(fired, 1u);
    EXPECT_EQ(got, "x");
    EXPECT_EQ(full.len(), 0u);
  });
}

TEST_P(SelectTest, SendsIntoABufferAndToAReceiver) {
  run([] {
    auto c = make_chan<int>(1);
    bool called = false;
    EXPECT_EQ(select(on_send(c, 5, [&] { called = true; })), 0u);
    EXPECT_TRUE(called);
    EXPECT_EQ(c.recv(), 5);
    auto unbuffered = make_chan<int>();
    auto receiver = spawn([&] { return unbuffered.recv(); });
    wait_for_receivers(unbuffered, 1);
    EXPECT_EQ(select(on_recv(c), on_send(unbuffered, 6)), 1u);
    EXPECT_EQ(receiver.join(), 6);
  });
}

TEST_P(SelectTest, ParksOnceOnAllAndLeavesNothingBehind) {
  run([] {
    std::vector<Chan<int>> c;
    for (int i = 0; i < 3; ++i) c.push_back(make_chan<int>());
    for (int round = 0; round < 30; ++round) {
      auto sender = spawn([&, round] {
        for (const Chan<int>& each : c) wait_for_receivers(each, 1);
        c[static_cast<std::size_t>(round % 3)].send(round);
      });
      int got = -1;
      const auto take = [&](std::optional<int> v) { got = *v; };
      EXPECT_EQ(select(on_recv(c[0], take), on_recv(c[1], take), on_recv(c[2], take)),
                static_cast<std::size_t>(round % 3));
      EXPECT_EQ(got, round);
      sender.join();
      for (const Chan<int>& each : c) {
        EXPECT_TRUE(testing::sound(each));
        EXPECT_EQ(testing::length(detail::ChanAccess::core(each)->receivers), 0u);
      }
    }
  });
}

TEST_P(SelectTest, AParkedSendCaseIsServed) {
  run([] {
    auto a = make_chan<int>();
    auto b = make_chan<int>(1);
    b.send(0);
    auto selecting = spawn([&] { return select(on_send(a, 1), on_send(b, 2)); });
    wait_for_senders(a, 1);
    wait_for_senders(b, 1);
    EXPECT_EQ(b.recv(), 0);
    EXPECT_EQ(selecting.join(), 1u);
    EXPECT_EQ(b.recv(), 2);
    EXPECT_TRUE(a.try_recv().empty);
  });
}

TEST_P(SelectTest, TheValueMovesOnlyIfItsCaseFires) {
  run([] {
    Census census;
    {
      auto out = make_chan<Tracked>(1);
      auto in = make_chan<int>(1);
      Tracked mine(census, 3);
      in.send(1);
      out.send(Tracked(census, 1));
      const int moves = census.moves;
      EXPECT_EQ(select(on_recv(in), on_send(out, mine)), 0u);
      EXPECT_EQ(select(on_send(out, std::move(mine)), otherwise()), 1u);
      EXPECT_EQ(mine.number(), 3);  // NOLINT(bugprone-use-after-move)
      auto other = spawn([&] {
        wait_for_senders(out, 1);
        in.send(2);
      });
      EXPECT_EQ(select(on_recv(in), on_send(out, mine)), 0u);
      other.join();
      EXPECT_EQ(mine.number(), 3);
      EXPECT_EQ(census.moves, moves);
      out.recv();
      EXPECT_EQ(select(on_recv(in), on_send(out, mine)), 1u);
      EXPECT_TRUE(mine.moved_from());
      EXPECT_EQ(out.recv()->number(), 3);
    }
    EXPECT_EQ(census.alive, 0);
  });
}

TEST_P(SelectTest, AFragileValueComesBackIfItsCaseDidNotFire) {
  run([] {
    auto out = make_chan<Fragile>(1);
    auto in = make_chan<int>(1);
    Fragile mine(8);
    in.send(1);
    out.send(Fragile(1));
    EXPECT_EQ(select(on_recv(in), on_send(out, mine)), 0u);
    EXPECT_EQ(mine.number, 8);
    int got = 0;
    EXPECT_EQ(select(on_recv(out, [&](std::optional<Fragile> v) { got = v->number; })), 0u);
    EXPECT_EQ(got, 1);
    EXPECT_EQ(select(on_recv(in), on_send(out, mine)), 1u);
    EXPECT_EQ(mine.number, -1);
    EXPECT_EQ(out.recv()->number, 8);
  });
}

TEST_P(SelectTest, ConstAndConvertibleValuesAreCopied) {
  run([] {
    auto out = make_chan<std::string>(2);
    const std::string constant = "a value too long to live inside the string object";
    EXPECT_EQ(select(on_send(out, constant)), 0u);
    EXPECT_EQ(select(on_send(out, "literal")), 0u);
    EXPECT_EQ(out.recv(), constant);
    EXPECT_EQ(out.recv(), "literal");
  });
}

TEST_P(SelectTest, AClosedChannelIsReady) {
  run([] {
    auto c = make_chan<int>(1);
    auto never = make_chan<int>();
    c.send(1);
    c.close();
    std::vector<std::optional<int>> got;
    for (int i = 0; i < 3; ++i) select(on_recv(never), on_recv(c, [&](std::optional<int> v) { got.push_back(v); }));
    EXPECT_EQ(got, (std::vector<std::optional<int>>{1, std::nullopt, std::nullopt}));
    auto done = make_chan<void>(1);
    done.send();
    done.close();
    std::vector<bool> signals;
    for (int i = 0; i < 2; ++i) select(on_recv(done, [&](bool v) { signals.push_back(v); }));
    EXPECT_EQ(signals, (std::vector<bool>{true, false}));
  });
}

TEST_P(SelectTest, CloseWakesAParkedSelect) {
  run([] {
    auto a = make_chan<int>();
    auto b = make_chan<int>();
    bool closed = false;
    auto selecting = spawn([&] { return select(on_recv(a), on_recv(b, [&](std::optional<int> v) { closed = !v; })); });
    wait_for_receivers(b, 1);
    b.close();
    EXPECT_EQ(selecting.join(), 1u);
    EXPECT_TRUE(closed);
    EXPECT_EQ(testing::length(detail::ChanAccess::core(a)->receivers), 0u);
  });
}

TEST_P(SelectTest, SendOnClosedThrowsAndKeepsTheValue) {
  run([] {
    auto c = make_chan<std::string>();
    std::string value = "a value too long to live inside the string object";
    auto parked =
        spawn([&] { EXPECT_THROW(select(on_send(c, value, [] { FAIL(); }), on_timeout(1h)), closed_channel); });
    wait_for_senders(c, 1);
    c.close();
    parked.join();
    EXPECT_THROW(select(on_send(c, value)), closed_channel);
    EXPECT_THROW(select(on_send(c, value), otherwise()), closed_channel);
    EXPECT_EQ(value, "a value too long to live inside the string object");
  });
}

TEST_P(SelectTest, OtherwiseIsTakenWhenNothingIsReady) {
  run([] {
    auto c = make_chan<int>(1);
    bool taken = false;
    EXPECT_EQ(select(on_recv(c), otherwise([&] { taken = true; })), 1u);
    EXPECT_TRUE(taken);
    EXPECT_EQ(select(otherwise(), on_recv(Chan<int>())), 0u);
    c.send(1);
    EXPECT_EQ(select(otherwise([] { FAIL(); }), on_recv(c)), 1u);
    EXPECT_EQ(select(on_recv(c), on_timeout(1h), otherwise()), 2u);
  });
}

TEST_P(SelectTest, NilChannelsAreNeverReady) {
  run([] {
    Chan<int> nil;
    Chan<void> nil_signal;
    int value = 1;
    auto c = make_chan<int>(1);
    EXPECT_EQ(select(on_recv(nil), on_send(nil, value), on_send(nil_signal), on_send(c, value), on_recv(nil_signal)),
              3u);
    EXPECT_EQ(select(on_recv(nil), on_send(nil, value), otherwise()), 2u);
    EXPECT_EQ(select(on_recv(nil), on_timeout(1ms)), 1u);
  });
}

TEST(SelectNil, NilChannelsAloneBlockForEver) {
  weft::run([] {
    std::atomic<int> started{0};
    std::atomic<int> passed{0};
    go([&] {
      ++started;
      select(on_recv(Chan<int>()), on_send(Chan<int>(), 1));
      ++passed;
    });
    go([&] {
      ++started;
      select();
    });
    go([&] {
      ++started;
      select(on_recv(Chan<int>()), on_timeout(std::chrono::hours::max()));
      ++passed;
    });
    testing::wait_until([&] { return started == 3; });
    for (int i = 0; i < 1000; ++i) yield();
    EXPECT_EQ(passed, 0);
  });
}

TEST_P(SelectTest, TimeoutFiresNotBeforeItsTime) {
  run([] {
    auto c = make_chan<int>();
    const auto start = std::chrono::steady_clock::now();
    bool fired = false;
    EXPECT_EQ(select(on_recv(c), on_timeout(1h), on_timeout(5ms, [&] { fired = true; })), 2u);
    EXPECT_TRUE(fired);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 5ms);
    EXPECT_EQ(testing::length(detail::ChanAccess::core(c)->receivers), 0u);
  });
}

TEST_P(SelectTest, ATimeoutThatIsNotPositiveDoesNotWaitButLetsTheReadyGoFirst) {
  run([] {
    auto c = make_chan<int>(1);
    EXPECT_EQ(select(on_recv(c), on_timeout(0s)), 1u);
    EXPECT_EQ(select(on_timeout(std::chrono::nanoseconds::min()), on_recv(c)), 0u);
    EXPECT_EQ(select(on_recv(c), on_timeout(std::chrono::duration<double>(-1e300))), 1u);
    c.send(1);
    EXPECT_EQ(select(on_timeout(0s), on_recv(c)), 1u);
  });
}

TEST_P(SelectTest, AHugeTimeoutDoesNotOverflow) {
  run([] {
    auto c = make_chan<int>();
    auto sender = spawn([&] {
      for (int i = 0; i < 3; ++i) {
        wait_for_receivers(c, 1);
        c.send(i);
      }
    });
    EXPECT_EQ(select(on_recv(c), on_timeout(std::chrono::hours::max())), 0u);
    EXPECT_EQ(select(on_recv(c), on_timeout(std::chrono::nanoseconds::max())), 0u);
    EXPECT_EQ(select(on_recv(c), on_timeout(std::chrono::duration<double>(1e300))), 0u);
    sender.join();
  });
}

TEST_P(SelectTest, OneChannelInSeveralCases) {
  run([] {
    auto c = make_chan<int>();
    auto selecting = spawn([&] { return select(on_recv(c), on_send(c, 1), on_recv(c)); });
    wait_for_receivers(c, 2);
    EXPECT_EQ(c.recv(), 1);
    EXPECT_EQ(selecting.join(), 1u);
    EXPECT_TRUE(testing::sound(c));
    auto a = spawn([&] { return select(on_recv(c), on_send(c, 2)); });
    auto b = spawn([&] { return select(on_recv(c), on_send(c, 3)); });
    EXPECT_EQ(a.join() + b.join(), 1u);  // one sends, the other receives
  });
}

TEST_P(SelectTest, CasesMayBeUsedAgain) {
  run([] {
    auto c = make_chan<int>(2);
    std::vector<std::optional<int>> got;
    auto take = on_recv(c, [&](std::optional<int> v) { got.push_back(v); });
    c.send(1);
    select(take);
    c.close();
    select(take);
    EXPECT_EQ(got, (std::vector<std::optional<int>>{1, std::nullopt}));
  });
}

TEST_P(SelectTest, WhatAHandlerThrowsLeavesTheSelect) {
  run([] {
    auto c = make_chan<int>(1);
    c.send(1);
    EXPECT_THROW(select(on_recv(c, [](std::optional<int>) { throw std::runtime_error("mine"); })), std::runtime_error);
    EXPECT_EQ(c.len(), 0u);  // the value was taken
    EXPECT_THROW(select(on_recv(c), otherwise([] { throw 1; })), int);
    c.send(2);
    EXPECT_EQ(c.recv(), 2);
  });
}

TEST_P(SelectTest, AHandlerMayUseTheSameChannels) {
  run([] {
    auto c = make_chan<int>(2);
    int sum = 0;
    c.send(1);
    c.send(2);
    select(on_recv(c, [&](std::optional<int> v) {
      sum = *v + *c.recv();
      select(on_send(c, 4, [&] { sum += *c.recv(); }));
      c.close();
    }));
    EXPECT_EQ(sum, 7);
  });
}

TEST(SelectFaults, AnEmptyFunctionIsNamed) {
  auto c = make_chan<int>();
  const std::function<void()> empty;
  EXPECT_THROW((void)on_timeout(1s, empty), usage_error);
  EXPECT_THROW((void)on_recv(c, static_cast<void (*)(std::optional<int>)>(nullptr)), usage_error);
  EXPECT_THROW((void)on_send(c, 1, empty), usage_error);
  EXPECT_THROW((void)otherwise(empty), usage_error);
}

}  // namespace
}  // namespace weft
