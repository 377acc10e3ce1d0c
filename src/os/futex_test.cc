#include "os/futex.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

#include "os/clock.h"

namespace weft::os {
namespace {

using Word = detail::Atomic<std::uint32_t>;

TEST(Futex, DoesNotSleepOnAnotherValue) {
  Word word{1};
  futex_wait(word, 0);
  EXPECT_TRUE(futex_wait_until(word, 0, monotonic_nanos() + 3'600'000'000'000));
}

TEST(Futex, WakesASleeper) {
  Word word{0};
  std::thread sleeper([&] {
    while (word.load() == 0) futex_wait(word, 0);
  });
  word.store(1);
  futex_wake(word);
  sleeper.join();
}

TEST(Futex, AnAbsoluteDeadlineEndsTheWait) {
  Word word{0};
  const std::int64_t deadline = monotonic_nanos() + 2'000'000;
  while (futex_wait_until(word, 0, deadline)) {
  }
  EXPECT_GE(monotonic_nanos(), deadline);
  EXPECT_FALSE(futex_wait_until(word, 0, 1));  // long past
}

TEST(Futex, KeepsErrno) {
  Word word{1};
  errno = 77;
  futex_wait(word, 0);
  futex_wait_until(word, 1, 1);
  futex_wake(word);
  EXPECT_EQ(errno, 77);
}

}  // namespace
}  // namespace weft::os
