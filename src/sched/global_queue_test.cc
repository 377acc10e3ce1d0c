#include "sched/global_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace weft::sched {
namespace {

using detail::Arrival;
using detail::MonotonicNanos;

constexpr MonotonicNanos kSoon = GlobalQueue::kStanding / 2;
constexpr MonotonicNanos kLate = GlobalQueue::kStanding + 1;

class GlobalQueueTest : public testing::Test {
 protected:
  // Queues `count` that arrived so, and returns them in that order.
  std::vector<Goroutine*> push(Arrival arrival, int count, MonotonicNanos now = 0) {
    std::vector<Goroutine*> pushed;
    for (int i = 0; i < count; ++i) {
      goroutines_.push_back(std::make_unique<Goroutine>());
      goroutines_.back()->arrival = arrival;
      queue_.push(goroutines_.back().get(), now);
      pushed.push_back(goroutines_.back().get());
    }
    return pushed;
  }
  std::vector<Goroutine*> pop(std::size_t count, MonotonicNanos now = 0) {
    std::vector<Goroutine*> popped;
    for (std::size_t i = 0; i < count; ++i) popped.push_back(queue_.pop(now));
    return popped;
  }
  int count_popped(Arrival arrival, std::size_t among) {
    int count = 0;
    for (const Goroutine* g : pop(among)) count += g->arrival == arrival;
    return count;
  }

  GlobalQueue queue_;
  std::vector<std::unique_ptr<Goroutine>> goroutines_;
};

TEST_F(GlobalQueueTest, EachKindAloneComesInItsOrder) {
  for (Arrival arrival : {Arrival::kSpawned, Arrival::kYielded, Arrival::kWoken}) {
    const auto pushed = push(arrival, 100);
    EXPECT_EQ(queue_.count(), 100u);
    EXPECT_EQ(pop(100), pushed);
    EXPECT_TRUE(queue_.empty());
    EXPECT_EQ(queue_.pop(0), nullptr);
  }
}

TEST_F(GlobalQueueTest, WokenOnesComeFirstButNobodyStarves) {
  push(Arrival::kSpawned, 100);
  push(Arrival::kYielded, 100);
  push(Arrival::kWoken, 100);
  constexpr int kTaken = 80;
  const auto popped = pop(kTaken);
  int by_arrival[3] = {};
  for (const Goroutine* g : popped) ++by_arrival[static_cast<int>(g->arrival)];
  EXPECT_EQ(by_arrival[static_cast<int>(Arrival::kWoken)], kTaken - kTaken / int{GlobalQueue::kWokenTurns});
  EXPECT_EQ(by_arrival[static_cast<int>(Arrival::kYielded)], kTaken / int{GlobalQueue::kWokenTurns} / 2);
  EXPECT_EQ(by_arrival[static_cast<int>(Arrival::kSpawned)], kTaken / int{GlobalQueue::kWokenTurns} / 2);
  EXPECT_EQ(queue_.count(), 300u - kTaken);
  for (const Goroutine* g : pop(300 - kTaken)) EXPECT_NE(g, nullptr);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(GlobalQueueTest, SpawnedAndYieldedOnesShareWhatNoWokenOneWants) {
  push(Arrival::kSpawned, 100);
  push(Arrival::kYielded, 100);
  EXPECT_EQ(count_popped(Arrival::kSpawned, 80), 40);
}

TEST_F(GlobalQueueTest, AShortQueueOfSpawnedOnesIsFifo) {
  const auto pushed = push(Arrival::kSpawned, 50);
  EXPECT_EQ(pop(50, kSoon), pushed);
}

TEST_F(GlobalQueueTest, AStandingQueueOfSpawnedOnesGivesTheNewestAndNowAndThenTheOldest) {
  constexpr int kPushed = 640;
  const auto pushed = push(Arrival::kSpawned, kPushed);
  std::size_t oldest = 0;
  std::size_t newest = pushed.size();
  for (const Goroutine* g : pop(kPushed, kLate)) {
    if (g == pushed[oldest]) {
      ++oldest;
    } else {
      ASSERT_EQ(g, pushed[--newest]);
    }
  }
  EXPECT_EQ(oldest, newest);
  EXPECT_EQ(oldest, kPushed / GlobalQueue::kNewestTurns);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(GlobalQueueTest, OnceEmptyItIsFifoAgain) {
  push(Arrival::kSpawned, 40);
  pop(40, kLate);
  const auto pushed = push(Arrival::kSpawned, 40, kLate);
  EXPECT_EQ(pop(40, kLate + kSoon), pushed);
}

}  // namespace
}  // namespace weft::sched
