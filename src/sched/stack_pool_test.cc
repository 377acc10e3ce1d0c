#include "sched/stack_pool.h"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <set>
#include <vector>

#include "os/stack_memory.h"

namespace weft::sched {
namespace {

std::size_t resident_pages(const std::byte* low, const std::byte* high) {
  const auto page = os::page_bytes();
  const auto start = reinterpret_cast<std::uintptr_t>(low) & ~(page - 1);
  const std::size_t bytes = (reinterpret_cast<std::uintptr_t>(high) - start) / page * page;
  std::vector<unsigned char> pages(bytes / page);
  EXPECT_EQ(::mincore(reinterpret_cast<void*>(start), bytes, pages.data()), 0);
  std::size_t resident = 0;
  for (const unsigned char flags : pages) resident += flags & 1;
  return resident;
}

class StackPoolTest : public ::testing::Test {
 protected:
  StackPool pool_;  // its stacks stay mapped for ever
};

TEST_F(StackPoolTest, AClassIsTheSmallestThatHoldsTheBytes) {
  EXPECT_EQ(StackPool::class_bytes(StackPool::class_of(1)), StackPool::kSmallestBytes);
  EXPECT_EQ(StackPool::class_bytes(StackPool::class_of(StackPool::kLargestBytes)), StackPool::kLargestBytes);
  for (std::size_t bytes = StackPool::kSmallestBytes; bytes < StackPool::kLargestBytes; bytes *= 2) {
    EXPECT_GE(StackPool::class_bytes(StackPool::class_of(bytes)), bytes);
    EXPECT_GE(StackPool::class_bytes(StackPool::class_of(bytes + 1)), bytes + 1);
    EXPECT_LE(StackPool::class_bytes(StackPool::class_of(bytes)), 4 * bytes);
  }
}

TEST_F(StackPoolTest, EveryByteAboveTheGuardIsTheGoroutines) {
  for (const std::size_t bytes :
       {std::size_t{16} << 10, std::size_t{64} << 10, std::size_t{1} << 20, std::size_t{64} << 20}) {
    const std::uint8_t size_class = StackPool::class_of(bytes);
    Goroutine* g = pool_.take(size_class);
    ASSERT_NE(g, nullptr);
    EXPECT_EQ(g->size_class, size_class);
    EXPECT_GE(static_cast<std::size_t>(g->stack_high - g->stack_low),
              bytes - StackPool::guard_bytes(size_class) - 2 * os::page_bytes());
    *g->stack_low = std::byte{1};
    *(g->stack_high - 1) = std::byte{1};
    pool_.put(g);
  }
}

TEST_F(StackPoolTest, StacksAreReusedLastInFirstOut) {
  const std::uint8_t size_class = StackPool::class_of(64 << 10);
  Goroutine* first = pool_.take(size_class);
  Goroutine* second = pool_.take(size_class);
  EXPECT_NE(first, second);
  pool_.put(first);
  pool_.put(second);
  EXPECT_EQ(pool_.take(size_class), second);
  EXPECT_EQ(pool_.take(size_class), first);
}

TEST_F(StackPoolTest, NeighboursHaveTheirControlBlocksInDifferentCacheSets) {
  const std::uint8_t size_class = StackPool::class_of(64 << 10);
  std::set<std::uintptr_t> lines;
  for (int i = 0; i < 16; ++i) lines.insert(reinterpret_cast<std::uintptr_t>(pool_.take(size_class)) % 4096 / 64);
  EXPECT_EQ(lines.size(), 16u);
}

TEST_F(StackPoolTest, FindsTheGoroutineOfAnAddress) {
  const std::uint8_t size_class = StackPool::class_of(256 << 10);
  Goroutine* g = pool_.take(size_class);
  Goroutine* neighbour = pool_.take(size_class);
  EXPECT_EQ(pool_.find(g->stack_low), g);
  EXPECT_EQ(pool_.find(g->stack_high - 1), g);
  EXPECT_EQ(pool_.find(g->stack_low - 1), g);  // in the guard
  EXPECT_EQ(pool_.find(neighbour->stack_low + 100), neighbour);
  int local = 0;
  EXPECT_EQ(pool_.find(&local), nullptr);
  EXPECT_EQ(pool_.find(nullptr), nullptr);
}

TEST_F(StackPoolTest, VisitsEverySlotEverUsed) {
  std::set<Goroutine*> taken;
  for (int i = 0; i < 100; ++i) taken.insert(pool_.take(StackPool::class_of(i % 2 == 0 ? 16 << 10 : 1 << 20)));
  EXPECT_EQ(taken.size(), 100u);
  std::size_t visited = 0;
  pool_.for_each([&](Goroutine* g) { visited += taken.count(g); });
  EXPECT_EQ(visited, 100u);
  EXPECT_EQ(pool_.usage().slots_used, 100u);
}

void touch_the_guard(StackPool& pool, std::size_t stack_bytes) {
  Goroutine* g = pool.take(StackPool::class_of(stack_bytes));
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would end the process in its own way
  *static_cast<volatile std::byte*>(g->stack_low - 1) = std::byte{1};
}

using StackPoolDeathTest = StackPoolTest;

TEST_F(StackPoolDeathTest, TheGuardStopsAWrite) {
  EXPECT_EXIT(touch_the_guard(pool_, 64 << 10), ::testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(touch_the_guard(pool_, 16 << 20), ::testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(StackPoolDeathTest, TheGuardStopsAWriteWithoutGuardMarkersToo) {
  EXPECT_EXIT(
      {
        os::force_mprotect_guards_for_testing();
        touch_the_guard(pool_, 256 << 10);
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(StackPoolDeathTest, AGuardOutlivesReuseAndTrim) {
  EXPECT_EXIT(
      {
        const std::uint8_t size_class = StackPool::class_of(64 << 10);
        for (int i = 0; i < 3; ++i) {
          Goroutine* g = pool_.take(size_class);
          std::memset(g->stack_low, 1, 4096);
          pool_.put(g);
          pool_.trim(StackPool::Trim::kHalf);
        }
        touch_the_guard(pool_, 64 << 10);
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

// The monitor calls trim() each second: what was free all the time since the last call goes back.
TEST_F(StackPoolTest, TrimGivesThePagesOfFreeStacksBackAndTheyComeBackClean) {
  const std::uint8_t size_class = StackPool::class_of(256 << 10);
  std::vector<Goroutine*> taken;
  for (int i = 0; i < 200; ++i) taken.push_back(pool_.take(size_class));
  std::vector<std::pair<std::byte*, std::byte*>> stacks;
  for (Goroutine* g : taken) {
    std::memset(g->stack_low, 7, static_cast<std::size_t>(g->stack_high - g->stack_low));
    stacks.emplace_back(g->stack_low, g->stack_high);
  }
  const auto resident = [&] {
    std::size_t pages = 0;
    for (const auto& [low, high] : stacks) pages += resident_pages(low, high);
    return pages;
  };
  const std::size_t before = resident();
  EXPECT_EQ(pool_.trim(StackPool::Trim::kHalf), 0u) << "nothing is free";
  EXPECT_EQ(resident(), before);
  for (Goroutine* g : taken) pool_.put(g);
  for (int i = 0; i < 20; ++i) pool_.trim(StackPool::Trim::kHalf);
  EXPECT_LT(resident(), before / 10);
  EXPECT_GT(pool_.usage().slots_cold, 150u);

  std::set<Goroutine*> again;
  for (int i = 0; i < 200; ++i) {
    Goroutine* g = pool_.take(size_class);
    EXPECT_TRUE(again.insert(g).second);
    EXPECT_EQ(g->size_class, size_class);
    EXPECT_EQ(g->status.load(), detail::Status::kDead);
    EXPECT_LT(g->stack_low, g->stack_high);
  }
  EXPECT_EQ(pool_.usage().slots_used, 200u) << "cold slots are used before new ones";
}

TEST_F(StackPoolTest, ListsMoveInBatches) {
  const std::uint8_t size_class = StackPool::class_of(64 << 10);
  std::array<Goroutine*, 10> taken;
  for (Goroutine*& g : taken) g = pool_.take(size_class);
  for (std::size_t i = 0; i + 1 < taken.size(); ++i) taken[i]->queue_next = taken[i + 1];
  pool_.put_list(size_class, taken.front(), taken.back(), 10);
  Goroutine* list = nullptr;
  EXPECT_EQ(pool_.take_free(size_class, 4, &list), 4u);
  EXPECT_EQ(list, taken[0]);
  EXPECT_EQ(taken[3]->queue_next, nullptr);
  EXPECT_EQ(pool_.take_free(size_class, 100, &list), 6u);
  EXPECT_EQ(pool_.take_free(size_class, 1, &list), 0u);
  EXPECT_EQ(list, nullptr);
}

}  // namespace
}  // namespace weft::sched
