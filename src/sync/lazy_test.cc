#include "weft/sync/lazy.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "sync/sync_test_support.h"

namespace weft::testing {
namespace {

// Neither copied nor moved: it is made in its place.
struct Vault {
  explicit Vault(int c) : code(c) { ++made; }
  ~Vault() { ++destroyed; }
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;
  int code;
  static inline std::atomic<int> made{0};
  static inline std::atomic<int> destroyed{0};
};

constinit Lazy<Vault> global_vault{[] { return Vault(7); }};

class LazyTest : public BothWays {};
WEFT_BOTH_WAYS(LazyTest);

TEST_P(LazyTest, MakesOnFirstUseAndOnce) {
  run([&] {
    Vault::made = Vault::destroyed = 0;
    {
      int code = 41;
      Lazy<Vault> vault([&code] { return Vault(++code); });
      EXPECT_FALSE(vault.ready());
      Crew crew(GetParam());
      for (int i = 0; i < 6; ++i) {
        crew.go([&] { EXPECT_EQ(vault->code, 42); });
      }
      crew.join();
      EXPECT_EQ((*vault).code, 42);
      EXPECT_EQ(Vault::made, 1);
    }
    EXPECT_EQ(Vault::destroyed, 1);
  });
}

TEST_P(LazyTest, AGlobalIsReadyToUse) {
  run([&] { EXPECT_EQ(global_vault->code, 7); });
}

TEST_P(LazyTest, AFailureIsRethrownAndRetried) {
  run([&] {
    int tries = 0;
    Lazy<std::string> value([&]() -> std::string {
      if (++tries < 3) throw std::runtime_error("try " + std::to_string(tries));
      return "at last";
    });
    EXPECT_THROW(value.get(), std::runtime_error);
    EXPECT_THROW(*value, std::runtime_error);
    EXPECT_FALSE(value.ready());
    EXPECT_EQ(*value, "at last");
    EXPECT_EQ(value->size(), 7u);
    EXPECT_EQ(tries, 3);
  });
}

TEST_P(LazyTest, WarmMakesItInTheBackground) {
  run([&] {
    std::atomic<int> tries{0};
    Lazy<int> value([&] {
      if (++tries == 1) throw std::runtime_error("the first time fails");
      return 5;
    });
    value.warm();
    wait_until([&] { return tries == 1; });
    value.warm();
    wait_until([&] { return value.ready(); });
    value.warm();
    EXPECT_EQ(*value, 5);
    EXPECT_EQ(tries, 2);
    const std::size_t own = GetParam() == Where::kGoroutine ? 1 : 0;
    wait_until([&] { return num_goroutines() <= own; });  // the one that has made it may still be on its way out
  });
}

TEST_P(LazyTest, OneThatWasNeverUsedDestroysNothing) {
  Vault::destroyed = 0;
  {
    const Lazy<Vault> vault([] { return Vault(1); });
  }
  EXPECT_EQ(Vault::destroyed, 0);
}

TEST_P(LazyTest, AnEmptyFunctionIsAUsageError) {
  EXPECT_USAGE_ERROR(Lazy<int>(static_cast<int (*)()>(nullptr)), "Lazy");
  EXPECT_USAGE_ERROR(Lazy<int>(std::function<int()>()), "Lazy");
}

}  // namespace
}  // namespace weft::testing
