#include "os/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <climits>
#include <ctime>

#include "os/errno_guard.h"

namespace weft::os {
namespace {

long futex(detail::Atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout) noexcept {
  static_assert(sizeof(word) == 4);
  return ::syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, timeout, nullptr, FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

void futex_wait(detail::Atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
  const ErrnoGuard guard;
  futex(word, FUTEX_WAIT, expected, nullptr);
}

bool futex_wait_until(detail::Atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t deadline_ns) noexcept {
  const ErrnoGuard guard;
  const timespec deadline{static_cast<time_t>(deadline_ns / 1'000'000'000),
                          static_cast<long>(deadline_ns % 1'000'000'000)};
  // The bitset form takes an absolute time, so a spurious wake-up does not stretch the wait.
  return futex(word, FUTEX_WAIT_BITSET, expected, &deadline) == 0 || errno != ETIMEDOUT;
}

void futex_wake(detail::Atomic<std::uint32_t>& word, int count) noexcept {
  const ErrnoGuard guard;
  futex(word, FUTEX_WAKE, static_cast<std::uint32_t>(count), nullptr);
}

}  // namespace weft::os
