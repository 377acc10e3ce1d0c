#include "weft/sync/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>

#include "sync/sync_test_support.h"
#include "weft/chan.h"

namespace weft::testing {
namespace {

using namespace std::chrono_literals;

struct Counts {
  std::atomic<int> made{0};
  std::atomic<int> destroyed{0};
};

struct Item {
  explicit Item(Counts& c) : counts(&c) { ++counts->made; }
  ~Item() { ++counts->destroyed; }
  Item(const Item&) = delete;
  Item& operator=(const Item&) = delete;
  Counts* counts;
  int field = 0;
  std::atomic<bool> in_use{false};
};

class PoolTest : public BothWays {};
WEFT_BOTH_WAYS(PoolTest);

TEST_P(PoolTest, GivesBackWhatWasResetAndNothingElse) {
  run([&] {
    Counts counts;
    {
      Pool<Item> pool([&] { return Item(counts); }, [](Item& item) { item.field = 0; });
      for (int i = 0; i < 1000; ++i) {
        auto item = pool.get();
        EXPECT_EQ(item->field, 0);
        (*item).field = i + 1;
        if (i % 100 == 0) yield();
      }
      EXPECT_LE(counts.made, 1 + 10) << "one, and one more for each machine that the test moved to";
    }
    EXPECT_EQ(counts.made, counts.destroyed);
  });
}

TEST_P(PoolTest, HandlesMove) {
  run([&] {
    Counts counts;
    Pool<Item> pool([&] { return Item(counts); });
    auto a = pool.get();
    Item* const first = a.get();
    Pool<Item>::Handle b = std::move(a);
    EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(b.get(), first);
    a = pool.get();
    EXPECT_NE(a.get(), b.get());
    b = Pool<Item>::Handle();
    EXPECT_EQ(counts.destroyed, 0) << "given back, not destroyed";
  });
}

TEST_P(PoolTest, NobodySharesAnItem) {
  run([&] {
    Counts counts;
    {
      Pool<Item> pool([&] { return Item(counts); });
      Crew crew(GetParam());
      for (int worker = 0; worker < 4; ++worker) {
        crew.go([&, worker] {
          std::vector<Pool<Item>::Handle> held;
          for (int i = 0; i < 3000; ++i) {
            held.push_back(pool.get());
            EXPECT_FALSE(held.back()->in_use.exchange(true));
            if (held.size() > 40 * static_cast<std::size_t>(worker)) {
              for (auto& item : held) item->in_use = false;
              held.clear();
            }
            if (i % 97 == 0) yield();
          }
          for (auto& item : held) item->in_use = false;
        });
      }
      crew.join();
      EXPECT_LT(counts.made, 2000) << "most were used again";
    }
    EXPECT_EQ(counts.made, counts.destroyed);
  });
}

TEST_P(PoolTest, WhatOnePutsOthersGet) {
  run([&] {
    Counts counts;
    Pool<Item> pool([&] { return Item(counts); });
    auto items = make_chan<Pool<Item>::Handle>(64);
    Crew crew(GetParam());
    crew.go([&] {
      for (int i = 0; i < 20000; ++i) items.send(pool.get());
      items.close();
    });
    while (items.recv()) {
    }
    crew.join();
    EXPECT_LT(counts.made, 10000);
  });
}

TEST_P(PoolTest, IdleOnesAreDroppedByAge) {
  run([&] {
    Counts counts;
    Pool<Item> pool([&] { return Item(counts); });
    {
      std::vector<Pool<Item>::Handle> held;
      for (int i = 0; i < 100; ++i) held.push_back(pool.get());
    }
    EXPECT_EQ(counts.made, 100);
    pool.age_for_testing();
    EXPECT_EQ(counts.destroyed, 0) << "victims still serve";
    {
      auto item = pool.get();
    }
    EXPECT_EQ(counts.made, 100);
    pool.age_for_testing();
    EXPECT_GE(counts.destroyed, 98);
    pool.age_for_testing();
    EXPECT_EQ(counts.destroyed, 100) << "the one that was used came one period later";
  });
}

TEST_P(PoolTest, TheClockAgesThem) {
  run([&] {
    Counts counts;
    Pool<Item> pool([&] { return Item(counts); }, {}, {.max_idle = 1ms});
    for (int round = 1; round <= 3; ++round) {
      {
        auto item = pool.get();
      }
      wait_until([&] { return counts.destroyed == counts.made; });
    }
  });
}

TEST_P(PoolTest, AnItemWhoseResetThrowsIsDestroyed) {
  run([&] {
    Counts counts;
    Pool<Item> pool([&] { return Item(counts); }, [](Item&) { throw std::runtime_error("spoiled"); });
    {
      auto item = pool.get();
    }
    EXPECT_EQ(counts.destroyed, 1);
    {
      auto item = pool.get();
    }
    EXPECT_EQ(counts.made, 2);
  });
}

TEST_P(PoolTest, UsageFaults) {
  EXPECT_USAGE_ERROR(Pool<int>(nullptr), "Pool");
  EXPECT_USAGE_ERROR(Pool<int>([] { return 1; }, {}, {.max_idle = 0s}), "max_idle 0");
}

}  // namespace
}  // namespace weft::testing
