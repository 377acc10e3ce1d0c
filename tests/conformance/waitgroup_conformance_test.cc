// WaitGroup as Go's suite describes it: a barrier that may be used again, its misuse, its go().
#include <atomic>
#include <memory>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/error.h"
#include "weft/sync/wait_group.h"

namespace {

using conformance::Crew;
using conformance::settle;
using weft::make_chan;

class WaitGroupConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(WaitGroupConformance);

void cross_barrier(conformance::Side side, weft::WaitGroup& arrived, weft::WaitGroup& released) {
  constexpr int kWorkers = 16;
  arrived.add(kWorkers);
  released.add(kWorkers);
  auto exited = make_chan<void>(kWorkers);
  Crew crew(side);
  for (int i = 0; i < kWorkers; ++i) {
    crew.go([&] {
      arrived.done();
      released.wait();
      exited.send();
    });
  }
  arrived.wait();
  for (int i = 0; i < kWorkers; ++i) {
    EXPECT_EQ(exited.len(), 0U) << "released too early";
    released.done();
  }
  for (int i = 0; i < kWorkers; ++i) EXPECT_TRUE(exited.recv());
}

TEST_P(WaitGroupConformance, ABarrierHoldsUntilTheLastAndMayBeUsedAgain) {
  perform([] {
    weft::WaitGroup arrived;
    weft::WaitGroup released;
    for (int round = 0; round < 8; ++round) cross_barrier(side(), arrived, released);
  });
}

TEST_P(WaitGroupConformance, ANegativeCounterIsAUsageError) {
  perform([] {
    weft::WaitGroup group;
    EXPECT_THROW(group.done(), weft::usage_error);
    weft::WaitGroup other;
    other.add(1);
    other.done();
    EXPECT_THROW(other.done(), weft::usage_error);
    weft::WaitGroup third;
    third.add(2);
    EXPECT_THROW(third.add(-3), weft::usage_error);
  });
}

TEST_P(WaitGroupConformance, WaitDoesNotReturnBeforeTheLastOfTwo) {
  perform([] {
    for (int round = 0; round < 500; ++round) {
      auto group = std::make_unique<weft::WaitGroup>();
      std::atomic<int> finished{0};
      Crew crew(side());
      for (int i = 0; i < 2; ++i) {
        group->add(1);
        crew.go([&finished, group = group.get()] {
          ++finished;
          group->done();
        });
      }
      group->wait();
      ASSERT_EQ(finished, 2);
      crew.join();
    }
  });
}

TEST_P(WaitGroupConformance, WaitOnAnUnusedGroupReturnsAtOnce) {
  perform([] {
    weft::WaitGroup group;
    group.wait();
    group.add(1);
    group.add(-1);
    group.wait();
  });
}

TEST_P(WaitGroupConformance, EveryWaiterIsReleased) {
  perform([] {
    weft::WaitGroup group;
    group.add(1);
    std::atomic<int> released{0};
    Crew crew(side());
    for (int i = 0; i < 10; ++i) {
      crew.go([&] {
        group.wait();
        ++released;
      });
    }
    settle();
    EXPECT_EQ(released, 0);
    group.done();
    crew.join();
    EXPECT_EQ(released, 10);
  });
}

TEST_P(WaitGroupConformance, GoAddsRunsAndIsDone) {
  perform([] {
    weft::WaitGroup group;
    int plain = 0;
    group.go([&plain] { ++plain; });
    group.wait();
    EXPECT_EQ(plain, 1);

    std::atomic<int> nested{0};
    for (int i = 0; i < 10; ++i) {
      group.go([&] {
        for (int j = 0; j < 10; ++j) group.go([&] { ++nested; });
      });
    }
    group.wait();
    EXPECT_EQ(nested, 100);
  });
}

}  // namespace
