#include "weft/sync/concurrent_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "sync/sync_test_support.h"

namespace weft::testing {
namespace {

class ConcurrentMapTest : public BothWays {};
WEFT_BOTH_WAYS(ConcurrentMapTest);

TEST_P(ConcurrentMapTest, StoresLoadsErases) {
  run([&] {
    ConcurrentMap<std::string, int> map;
    EXPECT_EQ(map.load("a"), std::nullopt);
    map.store("a", 1);
    map.store("a", 2);
    EXPECT_EQ(map.load("a"), 2);
    EXPECT_TRUE(map.contains("a"));
    EXPECT_EQ(map.swap("a", 3), 2);
    EXPECT_EQ(map.swap("b", 1), std::nullopt);
    EXPECT_EQ(map.size(), 2u);
    EXPECT_EQ(map.load_and_erase("a"), 3);
    EXPECT_EQ(map.load_and_erase("a"), std::nullopt);
    EXPECT_TRUE(map.erase("b"));
    EXPECT_FALSE(map.erase("b"));
    EXPECT_TRUE(map.empty());
  });
}

TEST_P(ConcurrentMapTest, LoadOrStoreKeepsTheFirst) {
  run([&] {
    ConcurrentMap<int, std::string> map;
    auto first = map.load_or_store(1, "one");
    EXPECT_FALSE(first.loaded);
    EXPECT_EQ(first.value, "one");
    auto second = map.load_or_store(1, "uno");
    EXPECT_TRUE(second.loaded);
    EXPECT_EQ(second.value, "one");
  });
}

TEST_P(ConcurrentMapTest, ComparesBeforeItChanges) {
  run([&] {
    ConcurrentMap<int, int> map;
    EXPECT_FALSE(map.compare_exchange(1, 0, 5));
    map.store(1, 10);
    EXPECT_FALSE(map.compare_exchange(1, 9, 5));
    EXPECT_TRUE(map.compare_exchange(1, 10, 5));
    EXPECT_FALSE(map.compare_erase(1, 10));
    EXPECT_TRUE(map.compare_erase(1, 5));
    EXPECT_FALSE(map.compare_erase(1, 5));
  });
}

TEST_P(ConcurrentMapTest, RangeVisitsEachKeyOnceAndMayChangeTheMap) {
  run([&] {
    ConcurrentMap<int, int> map;
    for (int i = 0; i < 1000; ++i) map.store(i, i * i);
    std::set<int> seen;
    map.range([&](int key, int value) {
      if (key < 0) return true;  // one of those that are stored below
      EXPECT_EQ(value, key * key);
      EXPECT_TRUE(seen.insert(key).second);
      map.erase(key);
      map.load_or_store(-1 - key, 0);
      return true;
    });
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.contains(i));
    int visited = 0;
    map.range([&](int, int) { return ++visited < 3; });
    EXPECT_EQ(visited, 3);
    map.clear();
    map.range([&](int, int) { ADD_FAILURE(); });
  });
}

TEST_P(ConcurrentMapTest, MoveOnlyValues) {
  run([&] {
    ConcurrentMap<int, std::unique_ptr<int>> map;
    map.store(1, std::make_unique<int>(1));
    map.store(1, std::make_unique<int>(2));
    int seen = 0;
    EXPECT_TRUE(map.visit(1, [&](const std::unique_ptr<int>& p) { seen = *p; }));
    EXPECT_EQ(seen, 2);
    EXPECT_EQ(**map.load_and_erase(1), 2);
    EXPECT_FALSE(map.visit(1, [&](const std::unique_ptr<int>&) {}));
  });
}

struct Fixed {
  explicit Fixed(int n) : number(n) {}
  const int number;
};

TEST_P(ConcurrentMapTest, ValuesThatCannotBeAssigned) {
  run([&] {
    ConcurrentMap<int, Fixed> map;
    map.store(1, Fixed(1));
    map.store(1, Fixed(2));
    EXPECT_EQ(map.swap(1, Fixed(3))->number, 2);
    EXPECT_EQ(map.load(1)->number, 3);
  });
}

TEST_P(ConcurrentMapTest, ManyAtOnceLoseNothing) {
  run([&] {
    ConcurrentMap<int, long> map;
    std::atomic<int> created{0};
    Crew crew(GetParam());
    for (int worker = 0; worker < 6; ++worker) {
      crew.go([&] {
        for (int i = 0; i < 2000; ++i) {
          const int key = i % 50;
          if (!map.load_or_store(key, 0).loaded) ++created;
          while (true) {
            const long before = *map.load(key);
            if (map.compare_exchange(key, before, before + 1)) break;
          }
          if (i % 64 == 0) yield();
        }
      });
    }
    crew.join();
    long sum = 0;
    map.range([&](int, long n) { sum += n; });
    EXPECT_EQ(sum, 12000);
    EXPECT_EQ(created, 50);
    EXPECT_EQ(map.size(), 50u);
  });
}

}  // namespace
}  // namespace weft::testing
