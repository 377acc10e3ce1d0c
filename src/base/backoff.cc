#include "base/backoff.h"

#include <sched.h>
#include <algorithm>
#include <cerrno>
#include <ctime>

#include "weft/detail/atomic.h"

namespace weft::detail {

void Backoff::wait() noexcept {
  constexpr int kSpins = 100;
  constexpr int kCoreYields = 20;
  constexpr long kLongestNapNanos = 1'000'000;
  if (round_ < kSpins) {
    ++round_;
    cpu_relax();
    return;
  }
  const int saved_errno = errno;
  if (round_ < kSpins + kCoreYields) {
    ++round_;
    ::sched_yield();
  } else {
    const timespec span{0, nap_nanos_};
    ::nanosleep(&span, nullptr);
    nap_nanos_ = std::min(nap_nanos_ * 2, kLongestNapNanos);
  }
  errno = saved_errno;
}

}  // namespace weft::detail
