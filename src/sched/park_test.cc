// The stand-ins of plain threads. What park() and ready() do for goroutines: tests/stress/sched_stress.cc and the
// models.
#include "weft/detail/park.h"

#include <gtest/gtest.h>

#include <pthread.h>
#include <atomic>
#include <thread>

#include "sched/goroutine.h"

namespace weft::detail {
namespace {

std::atomic<bool> was_alive{false};

// Destructors of a thread's keys run in the order in which the keys were made: this one after the runtime's own, which
// gives the stand-in to the next thread.
TEST(Park, AThreadThatEndsDoesNotShareItsStandIn) {
  self();
  pthread_key_t key{};
  ASSERT_EQ(::pthread_key_create(&key, [](void*) { was_alive = self()->status.load() != Status::kDead; }), 0);
  std::thread([key] {
    self();
    ::pthread_setspecific(key, &was_alive);
  }).join();
  EXPECT_TRUE(was_alive);
  ::pthread_key_delete(key);
}

}  // namespace
}  // namespace weft::detail
