// Machines where threads are short: nothing is lost by trying, and no two have one number.
#include <gtest/gtest.h>

#include <dlfcn.h>
#include <pthread.h>
#include <atomic>
#include <cerrno>
#include <set>

#include "sched/scheduler.h"

namespace {
std::atomic<bool> refuses{false};
}

// A sanitizer's own, which must see every thread; null elsewhere.
extern "C" [[gnu::weak]] int __interceptor_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                                          void* (*body)(void*), void* argument) noexcept;

// Before libc's for the whole program.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                              void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  if (refuses) {
    errno = EAGAIN;
    return EAGAIN;
  }
  static const auto next = &__interceptor_pthread_create != nullptr
                               ? &__interceptor_pthread_create
                               : reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  return next(thread, attributes, body, argument);
}

namespace weft::sched {
namespace {

TEST(MachinePool, WhereThreadsAreShortNothingIsLostByTrying) {
  start_runtime();
  ASSERT_TRUE(new_machine());
  const std::uint32_t numbered = scheduler().machines_numbered;
  refuses = true;
  errno = 7;
  for (int i = 0; i < 1'000; ++i) ASSERT_FALSE(new_machine());
  EXPECT_EQ(errno, 7);
  refuses = false;
  EXPECT_LE(scheduler().machines_numbered, numbered + 1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(new_machine());
  EXPECT_EQ(scheduler().machines_numbered, numbered + 3);
  std::set<std::uint32_t> seen;
  for (Machine* m = scheduler().machines.load(std::memory_order_acquire); m != nullptr; m = m->all_next) {
    EXPECT_TRUE(seen.insert(m->index).second) << m->index;
  }
}

}  // namespace
}  // namespace weft::sched
