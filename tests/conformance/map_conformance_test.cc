// ConcurrentMap as Go's sync.Map suite describes it: like a map behind a lock, and usable from inside a range.
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "conformance/allocations.h"
#include "conformance/conformance.h"
#include "weft/sync/concurrent_map.h"

namespace {

using conformance::Crew;
using Words = weft::ConcurrentMap<std::string, int>;

class MapConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(MapConformance);

/// The map that an operation on a ConcurrentMap is held against.
class Reference {
 public:
  std::optional<int> load(const std::string& key) const {
    const auto it = entries.find(key);
    return it == entries.end() ? std::nullopt : std::optional(it->second);
  }
  std::optional<int> take(const std::string& key) {
    const std::optional<int> value = load(key);
    entries.erase(key);
    return value;
  }
  std::optional<int> put(const std::string& key, int value) {
    const std::optional<int> before = load(key);
    entries[key] = value;
    return before;
  }
  std::map<std::string, int> entries;
};

/// One random operation on both, which must give the same.
void step(Words& map, Reference& reference, std::mt19937& random) {
  const std::string key(random() % 3, static_cast<char>('a' + random() % 4));
  const int value = static_cast<int>(random() % 5);
  const std::optional<int> before = reference.load(key);
  switch (random() % 9) {
    case 0:
      map.store(key, value);
      reference.put(key, value);
      break;
    case 1: {
      const Words::Loaded got = map.load_or_store(key, value);
      EXPECT_EQ(got.loaded, before.has_value());
      EXPECT_EQ(got.value, before.value_or(value));
      if (!before) reference.put(key, value);
      break;
    }
    case 2:
      EXPECT_EQ(map.load_and_erase(key), reference.take(key));
      break;
    case 3:
      EXPECT_EQ(map.erase(key), reference.take(key).has_value());
      break;
    case 4:
      EXPECT_EQ(map.swap(key, value), reference.put(key, value));
      break;
    case 5:
      EXPECT_EQ(map.compare_exchange(key, value, 7), before == value);
      if (before == value) reference.put(key, 7);
      break;
    case 6:
      EXPECT_EQ(map.compare_erase(key, value), before == value);
      if (before == value) reference.take(key);
      break;
    case 7:
      if (random() % 16 == 0) {
        map.clear();
        reference.entries.clear();
      }
      break;
    default:
      EXPECT_EQ(map.load(key), before);
  }
}

TEST_P(MapConformance, RandomOperationsGiveWhatAPlainMapGives) {
  perform([] {
    const conformance::Seed seed;
    std::mt19937 random(seed.value());
    Words map;
    Reference reference;
    for (int i = 0; i < 20'000; ++i) {
      step(map, reference, random);
      if (i % 100 != 0) continue;
      std::map<std::string, int> seen;
      map.range([&seen](const std::string& key, int value) { seen.emplace(key, value); });
      ASSERT_EQ(seen, reference.entries);
      ASSERT_EQ(map.size(), seen.size());
    }
  });
}

// Values are always multiples of their keys, while they change under the range.
TEST_P(MapConformance, ARangeUnderStoresSeesEachKeyOnceAndNoTornValue) {
  perform([] {
    constexpr int kEntries = 512;
    weft::ConcurrentMap<int, long> map;
    for (int n = 1; n <= kEntries; ++n) map.store(n, n);
    std::atomic<bool> stop{false};
    Crew writers(side());
    for (unsigned worker = 1; worker <= 3; ++worker) {
      writers.go([&map, &stop, worker] {
        std::mt19937 random(worker);
        while (!stop) {
          for (int n = 1; n <= kEntries; ++n) {
            if (random() % kEntries == 0) {
              map.store(n, static_cast<long>(n) * static_cast<long>(random() % 1'000));
            } else {
              EXPECT_TRUE(map.load(n).has_value());
            }
          }
          weft::yield();
        }
      });
    }
    for (int round = 0; round < 50; ++round) {
      std::vector<bool> seen(kEntries + 1);
      int count = 0;
      map.range([&](int key, long value) {
        EXPECT_EQ(value % key, 0);
        EXPECT_FALSE(seen[static_cast<std::size_t>(key)]) << key << " came twice";
        seen[static_cast<std::size_t>(key)] = true;
        ++count;
      });
      EXPECT_EQ(count, kEntries);
    }
    stop = true;
  });
}

TEST_P(MapConformance, ARangeMayUseTheMapAndRangeAgain) {
  perform([] {
    Words map;
    const std::vector<std::string> keys{"hello", "world", "weft"};
    for (const std::string& key : keys) map.store(key, static_cast<int>(key.size()));
    map.range([&map](const std::string& outer, int) {
      map.range([&map](const std::string& inner, int value) {
        EXPECT_EQ(map.load(inner), value);
        EXPECT_FALSE(map.load_or_store("visitor", 1).loaded);
        map.store("visitor", 2);
        EXPECT_EQ(map.load_and_erase("visitor"), 2);
      });
      map.erase(outer);
    });
    EXPECT_TRUE(map.empty());
  });
}

TEST_P(MapConformance, ARangeEndsWhenItIsTold) {
  perform([] {
    weft::ConcurrentMap<int, int> map;
    for (int i = 0; i < 100; ++i) map.store(i, i);
    int calls = 0;
    map.range([&calls](int, int) { return ++calls < 10; });
    EXPECT_EQ(calls, 10);
  });
}

TEST_P(MapConformance, CompareExchangeOfAMissingKeyFails) {
  perform([] {
    weft::ConcurrentMap<int, std::optional<int>> map;
    EXPECT_FALSE(map.compare_exchange(1, std::nullopt, 42));
    EXPECT_FALSE(map.compare_erase(1, std::nullopt));
    EXPECT_FALSE(map.contains(1));
  });
}

// Of many who try to be first each key has one, and all see its value.
TEST_P(MapConformance, OneOfManyStoresFirst) {
  perform([] {
    weft::ConcurrentMap<int, int> map;
    std::atomic<int> stored{0};
    {
      Crew crew(side());
      for (int worker = 0; worker < 8; ++worker) {
        crew.go([&map, &stored, worker] {
          for (int key = 0; key < 200; ++key) {
            const auto got = map.load_or_store(key, worker);
            if (!got.loaded) ++stored;
            EXPECT_EQ(map.load(key), got.value);
          }
        });
      }
    }
    EXPECT_EQ(stored, 200);
  });
}

TEST_P(MapConformance, CompareExchangeCountsEveryIncrement) {
  perform([] {
    weft::ConcurrentMap<int, int> map;
    map.store(0, 0);
    {
      Crew crew(side());
      for (int worker = 0; worker < 4; ++worker) {
        crew.go([&map] {
          for (int i = 0; i < 1'000; ++i) {
            for (int seen = *map.load(0); !map.compare_exchange(0, seen, seen + 1);) seen = *map.load(0);
          }
        });
      }
    }
    EXPECT_EQ(map.load(0), 4'000);
  });
}

TEST_P(MapConformance, ClearBesideReadersAndWriters) {
  perform([] {
    weft::ConcurrentMap<int, int> map;
    {
      Crew crew(side());
      for (int i = 0; i < 10; ++i) {
        crew.go([&map, i] { map.store(i, i * 10); });
        crew.go([&map, i] { EXPECT_EQ(map.load(i).value_or(i * 10), i * 10); });
        crew.go([&map] { map.clear(); });
      }
    }
    map.clear();
    map.range([](int key, int) { ADD_FAILURE() << key << " is left"; });
    EXPECT_EQ(map.size(), 0U);
  });
}

TEST_P(MapConformance, ClearAllocatesNothing) {
  if (!conformance::kCountsAllocations) GTEST_SKIP() << "a sanitizer has its own allocator";
  perform([] {
    weft::ConcurrentMap<int, int> map;
    for (int i = 0; i < 1'000; ++i) map.store(i, i);
    const long before = conformance::allocations();
    map.clear();
    map.clear();
    EXPECT_EQ(conformance::allocations() - before, 0);
    EXPECT_TRUE(map.empty());
  });
}

// What is taken out is destroyed: a map through which keys pass does not grow.
TEST_P(MapConformance, ErasedEntriesAreDestroyed) {
  perform([] {
    const auto witness = std::make_shared<int>(0);
    weft::ConcurrentMap<int, std::shared_ptr<int>> map;
    for (int i = 0; i < 1'000; ++i) {
      map.store(i, witness);
      map.store(i, witness);
      map.erase(i);
    }
    EXPECT_EQ(witness.use_count(), 1);
    map.store(1, witness);
    map.clear();
    EXPECT_EQ(witness.use_count(), 1);
  });
}

}  // namespace
