// Pool as Go's sync.Pool suite describes it: made when empty, reused, never shared, given back in time.
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "conformance/conformance.h"
#include "weft/sync/pool.h"
#include "weft/time.h"

namespace {

using conformance::Crew;
using conformance::in_runtime;
using namespace std::chrono_literals;

class Counted {
 public:
  explicit Counted(std::atomic<int>& alive) : alive_(&alive) { ++alive; }
  Counted(Counted&& other) noexcept : alive_(std::exchange(other.alive_, nullptr)) {}
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (alive_ != nullptr) --*alive_;
  }

 private:
  std::atomic<int>* alive_;
};

class PoolConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(PoolConformance);

TEST_P(PoolConformance, AnEmptyPoolMakesAndEachHolderHasItsOwn) {
  perform([] {
    int made = 0;
    weft::Pool<int> pool{[&made] { return ++made; }, [](int&) {}};
    auto first = pool.get();
    auto second = pool.get();
    EXPECT_EQ(*first, 1);
    EXPECT_EQ(*second, 2);
  });
}

TEST(PoolReuseConformance, WhatWasGivenBackIsUsedAgain) {
  in_runtime(1, [] {
    int made = 0;
    weft::Pool<int> pool{[&made] { return ++made; }, [](int&) {}};
    {
      auto given_back = pool.get();
    }
    for (int i = 0; i < 100; ++i) EXPECT_EQ(*pool.get(), 1);
    auto held = pool.get();
    auto another = pool.get();
    EXPECT_EQ(*another, 2);
    EXPECT_EQ(made, 2);
  });
}

TEST_P(PoolConformance, ResetRunsBeforeEveryReuse) {
  perform([] {
    weft::Pool<std::vector<int>> pool{[] { return std::vector<int>{}; }, [](std::vector<int>& v) { v.clear(); }};
    Crew crew(side());
    for (int worker = 0; worker < 4; ++worker) {
      crew.go([&pool] {
        for (int i = 0; i < 500; ++i) {
          auto scratch = pool.get();
          ASSERT_TRUE(scratch->empty());
          scratch->assign(10, i);
          if (i % 16 == 0) weft::yield();
        }
      });
    }
  });
}

TEST_P(PoolConformance, NoObjectIsHeldByTwo) {
  perform([] {
    struct Owned {
      int holders = 0;
    };
    weft::Pool<std::unique_ptr<Owned>> pool{[] { return std::make_unique<Owned>(); }, [](std::unique_ptr<Owned>&) {}};
    Crew crew(side());
    for (int worker = 0; worker < 10; ++worker) {
      crew.go([&pool] {
        for (int i = 0; i < 1'000; ++i) {
          auto mine = pool.get();
          EXPECT_EQ(++(*mine)->holders, 1);
          if (i % 8 == 0) weft::yield();
          --(*mine)->holders;
        }
      });
    }
  });
}

TEST_P(PoolConformance, ThePoolsEndFreesWhatItKeeps) {
  perform([] {
    std::atomic<int> alive{0};
    {
      weft::Pool<Counted> pool{[&alive] { return Counted(alive); }, [](Counted&) {}};
      std::vector<weft::Pool<Counted>::Handle> held;
      for (int i = 0; i < 100; ++i) held.push_back(pool.get());
      EXPECT_EQ(alive, 100);
    }
    EXPECT_EQ(alive, 0);
  });
}

// Go drops what two collections found unused; weft, which has no collector, what has lain unused for a while.
TEST(PoolReleaseConformance, WhatLiesUnusedIsFreedInTheEnd) {
  in_runtime(2, [] {
    std::atomic<int> alive{0};
    weft::Pool<Counted> pool{[&alive] { return Counted(alive); }, {}, {.max_idle = 5ms}};
    {
      std::vector<weft::Pool<Counted>::Handle> held;
      for (int i = 0; i < 100; ++i) held.push_back(pool.get());
    }
    while (alive > 1) {  // one stays in use
      auto in_use = pool.get();
      weft::sleep_for(1ms);
    }
  });
}

TEST(PoolReleaseConformance, WhatIsUsedNowAndThenStays) {
  in_runtime(1, [] {
    int made = 0;
    weft::Pool<int> pool{[&made] { return ++made; }};
    for (int i = 0; i < 20; ++i) {
      {
        auto used = pool.get();
      }
      pool.age_for_testing();
    }
    EXPECT_EQ(made, 1) << "an object is dropped only after a whole age without use";
    pool.age_for_testing();
    pool.age_for_testing();
    EXPECT_EQ(*pool.get(), 2);
  });
}

}  // namespace
