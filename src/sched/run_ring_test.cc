#include "sched/run_ring.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

struct Item {
  std::atomic<int> taken{0};
};
using Ring = RunRing<Item, 8>;

TEST(RunRing, IsFirstInFirstOutAndBounded) {
  Ring ring;
  std::array<Item, 9> items;
  EXPECT_EQ(ring.pop(), nullptr);
  for (int lap = 0; lap < 5; ++lap) {  // over the seam
    for (std::size_t i = 0; i < 8; ++i) EXPECT_TRUE(ring.push(&items[i]));
    EXPECT_FALSE(ring.push(&items[8]));
    EXPECT_EQ(ring.size(), 8u);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(ring.pop(), &items[i]);
    EXPECT_TRUE(ring.empty());
    EXPECT_TRUE(ring.push(&items[0]));  // so that laps begin at different slots
    EXPECT_EQ(ring.pop(), &items[0]);
  }
}

TEST(RunRing, TakesTheOlderHalf) {
  Ring ring;
  std::array<Item, 8> items;
  for (Item& item : items) ring.push(&item);
  Item* half[4];
  EXPECT_EQ(ring.take_half(half), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(half[i], &items[i]);
  for (std::size_t i = 4; i < 8; ++i) EXPECT_EQ(ring.pop(), &items[i]);
  EXPECT_EQ(ring.take_half(half), 0u);
}

TEST(RunRing, AThiefTakesAtLeastOneAndLeavesTheYoungerHalf) {
  Ring victim;
  Ring thief;
  std::array<Item, 5> items;
  EXPECT_EQ(victim.steal_into(thief), nullptr);
  victim.push(&items[0]);
  EXPECT_EQ(victim.steal_into(thief), &items[0]);
  EXPECT_TRUE(victim.empty());
  EXPECT_TRUE(thief.empty());

  for (Item& item : items) victim.push(&item);
  Item* first = victim.steal_into(thief);
  std::vector<Item*> stolen{first};
  while (Item* item = thief.pop()) stolen.push_back(item);
  EXPECT_EQ(stolen.size(), 3u);
  for (Item* item : stolen) EXPECT_LT(item, &items[3]);
  EXPECT_EQ(victim.pop(), &items[3]);
}

// One owner, several thieves: each item is taken once, and whoever takes it.
TEST(RunRing, NothingIsTakenTwiceOrLost) {
  constexpr int kItems = 200'000;
  constexpr int kThieves = 3;
  const auto items = std::make_unique<Item[]>(kItems);
  Ring ring;
  std::atomic<int> taken{0};
  const auto count = [&taken](Item* item) {
    item->taken.fetch_add(1, std::memory_order_relaxed);
    taken.fetch_add(1, std::memory_order_relaxed);
  };
  std::vector<std::thread> thieves;
  for (int t = 0; t < kThieves; ++t) {
    thieves.emplace_back([&] {
      Ring own;
      while (taken.load(std::memory_order_relaxed) < kItems) {
        if (Item* item = ring.steal_into(own)) count(item);
        while (Item* item = own.pop()) count(item);
      }
    });
  }
  for (std::size_t i = 0; i < kItems;) {
    if (ring.push(&items[i])) {
      ++i;
    } else if (Item* item = ring.pop()) {
      count(item);
    }
  }
  while (Item* item = ring.pop()) count(item);
  for (std::thread& thief : thieves) thief.join();
  int wrong = 0;
  for (std::size_t i = 0; i < kItems; ++i) wrong += items[i].taken != 1;
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace weft::sched
