// The waiting side of SpinLock. The holder is in a section of tens of nanoseconds, so a long wait means that the kernel
// took its core: spinning on would only keep it from coming back.
#include "weft/detail/spin_lock.h"

#include <sched.h>
#include <cerrno>
#include <ctime>

namespace weft::detail {
namespace {

constexpr int kSpins = 100;
constexpr int kCoreYields = 20;
constexpr long kLongestSleepNanos = 1'000'000;

void sleep_nanos(long nanos) noexcept {
  const timespec span{0, nanos};
  ::nanosleep(&span, nullptr);
}

}  // namespace

void SpinLock::lock_slow() noexcept {
  const int saved_errno = errno;
  long nap = 20'000;
  for (int round = 0;; ++round) {
    if (try_lock()) break;
    if (round < kSpins) {
      cpu_relax();
    } else if (round < kSpins + kCoreYields) {
      ::sched_yield();
    } else {
      sleep_nanos(nap);
      nap = nap * 2 < kLongestSleepNanos ? nap * 2 : kLongestSleepNanos;
    }
  }
  errno = saved_errno;
}

}  // namespace weft::detail
