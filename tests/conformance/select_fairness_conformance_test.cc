// Select under load: fair among ready cases in both directions, exact under chaos, without memory of its own.
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "conformance/allocations.h"
#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/select.h"

namespace {

using conformance::Crew;
using conformance::in_runtime;
using weft::make_chan;
using weft::on_recv;
using weft::on_send;
using weft::select;

class SelectLoadConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(SelectLoadConformance);

// Ten standard deviations of `trials` fair draws among `ways`: a right select does not come near it in a lifetime.
void expect_fair(const std::vector<int>& counts, int trials) {
  const double share = 1.0 / static_cast<double>(counts.size());
  const double mean = trials * share;
  const double deviation = std::sqrt(trials * share * (1 - share));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    EXPECT_NEAR(counts[i], mean, 10 * deviation) << "case " << i << " of " << counts.size();
  }
}

TEST_P(SelectLoadConformance, ReadyReceivesAreChosenFairly) {
  perform([] {
    constexpr int kTrials = 10'000;
    auto ones = make_chan<int>(kTrials);
    auto twos = make_chan<int>(kTrials);
    for (int i = 0; i < kTrials; ++i) {
      ones.send(0);
      twos.send(1);
    }
    auto silent = make_chan<int>();
    std::vector<int> counts(2);
    const auto count = [&counts](std::optional<int> value) { ++counts[static_cast<std::size_t>(value.value())]; };
    for (int i = 0; i < kTrials; ++i) {
      select(on_recv(silent, count), on_recv(ones, count), on_recv(weft::Chan<int>{}, count), on_recv(twos, count));
    }
    expect_fair(counts, kTrials);
  });
}

TEST_P(SelectLoadConformance, ReadySendsAreChosenFairly) {
  perform([] {
    constexpr int kTrials = 10'000;
    std::vector<weft::Chan<int>> sinks;
    for (int i = 0; i < 3; ++i) sinks.push_back(make_chan<int>(kTrials));
    std::vector<int> counts(3);
    for (int i = 0; i < kTrials; ++i) {
      ++counts[select(on_send(sinks[0], i, [] {}), on_send(sinks[1], i, [] {}), on_send(sinks[2], i, [] {}))];
    }
    expect_fair(counts, kTrials);
  });
}

// Two sends to one channel, whose receiver is sometimes waiting, sometimes not: both values come through.
TEST_P(SelectLoadConformance, TwoSendsToOneChannelTakeTurnsAtRandom) {
  perform([] {
    constexpr int kTrials = 1'000;
    for (int capacity : {0, kTrials}) {
      auto c = make_chan<std::size_t>(capacity);
      std::vector<int> counts(2);
      Crew crew(side());
      crew.go([c, &counts] {
        for (int i = 0; i < kTrials; ++i) {
          weft::yield();
          ++counts[c.recv().value()];
        }
      });
      for (int i = 0; i < kTrials; ++i) select(on_send(c, std::size_t{1}, [] {}), on_send(c, std::size_t{0}, [] {}));
      crew.join();
      expect_fair(counts, kTrials);
    }
  });
}

TEST_P(SelectLoadConformance, ReadyCasesOfASelectorAreChosenFairly) {
  perform([] {
    constexpr int kTrials = 8'000;
    constexpr std::size_t kChannels = 40;
    std::vector<weft::Chan<int>> channels;
    for (std::size_t i = 0; i < kChannels; ++i) {
      channels.push_back(make_chan<int>(1));
      channels.back().send(0);
    }
    std::vector<int> counts(kChannels);
    for (int i = 0; i < kTrials; ++i) {
      weft::Selector selector;
      for (weft::Chan<int>& c : channels) selector.recv(c, [](std::optional<int>) {});
      const std::size_t fired = selector.wait();
      ++counts[fired];
      channels[fired].send(0);
    }
    expect_fair(counts, kTrials);
  });
}

// One select sends to four channels, four relays merge them again: every number arrives exactly once.
TEST_P(SelectLoadConformance, DoubleSelectDeliversEachValueOnce) {
  perform([] {
    constexpr int kValues = 20'000;
    std::vector<weft::Chan<int>> lanes;
    for (int i = 0; i < 4; ++i) lanes.push_back(make_chan<int>());
    auto merged = make_chan<int>();
    Crew relays(side());
    for (const auto& lane : lanes) {
      relays.go([lane, merged] {
        for (int& value : lane) merged.send(value);
      });
    }
    Crew sender(side());
    sender.go([&] {
      for (int i = 0; i < kValues; ++i) {
        select(on_send(lanes[0], i, [] {}), on_send(lanes[1], i, [] {}), on_send(lanes[2], i, [] {}),
               on_send(lanes[3], i, [] {}));
      }
      for (auto& lane : lanes) lane.close();
      relays.join();
      merged.close();
    });
    std::vector<bool> seen(kValues);
    int count = 0;
    for (int& value : merged) {
      ASSERT_FALSE(seen[static_cast<std::size_t>(value)]) << value << " came twice";
      seen[static_cast<std::size_t>(value)] = true;
      ++count;
    }
    EXPECT_EQ(count, kValues);
  });
}

using Lanes = std::array<weft::Chan<int>, 4>;

// Counts a lane down and leaves it out once it has had its share.
void pass(Lanes& lanes, std::array<int, 4>& left, std::size_t lane) {
  if (--left[lane] == 0) lanes[lane] = {};
}

// Plain senders and receivers on each of four channels, beside one select that sends to all and one that receives from
// all.
TEST_P(SelectLoadConformance, ChaosOfSendsReceivesAndSelectsEndsEven) {
  perform([] {
    constexpr int kEach = 3'000;
    const Lanes lanes{make_chan<int>(), make_chan<int>(), make_chan<int>(2), make_chan<int>(3)};
    Crew crew(side());
    for (const weft::Chan<int>& lane : lanes) {
      crew.go([lane] {
        for (int i = 0; i < kEach; ++i) lane.send(0);
      });
      crew.go([lane] {
        for (int i = 0; i < kEach; ++i) EXPECT_EQ(lane.recv(), 0);
      });
    }
    crew.go([mine = lanes]() mutable {
      std::array<int, 4> left{kEach, kEach, kEach, kEach};
      for (int i = 0; i < 4 * kEach; ++i) {
        select(on_send(mine[3], 0, [&] { pass(mine, left, 3); }), on_send(mine[2], 0, [&] { pass(mine, left, 2); }),
               on_send(mine[0], 0, [&] { pass(mine, left, 0); }), on_send(mine[1], 0, [&] { pass(mine, left, 1); }));
      }
    });
    crew.go([mine = lanes]() mutable {
      std::array<int, 4> left{kEach, kEach, kEach, kEach};
      const auto take = [&](std::size_t lane) { return [&, lane](std::optional<int>) { pass(mine, left, lane); }; };
      for (int i = 0; i < 4 * kEach; ++i) {
        select(on_recv(mine[0], take(0)), on_recv(mine[1], take(1)), on_recv(mine[2], take(2)),
               on_recv(mine[3], take(3)));
      }
    });
  });
}

TEST(SelectMemoryConformance, AHundredThousandBlockingSelectsAllocateNothing) {
  if (!conformance::kCountsAllocations) GTEST_SKIP() << "a sanitizer has its own allocator";
  in_runtime(2, [] {
    auto c = make_chan<int>();
    auto silent = make_chan<int>();
    const auto exchange = [&](int count) {
      weft::Task<void> sender = weft::spawn([c, count] {
        for (int i = 0; i < count; ++i) c.send(i);
      });
      for (int i = 0; i < count; ++i) {
        select(on_recv(c, [](std::optional<int>) {}), on_recv(silent, [](std::optional<int>) { ADD_FAILURE(); }));
      }
      sender.join();
    };
    exchange(1'000);
    const long before = conformance::allocations();
    exchange(100'000);
    EXPECT_LT(conformance::allocations() - before, 100);
  });
}

}  // namespace
