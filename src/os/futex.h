// Sleeping on a 32-bit word, private to the process.
#pragma once

#include <cstdint>

#include "weft/detail/atomic.h"

namespace weft::os {

/// Sleeps while `word` holds `expected`; may wake for no reason. Keeps errno.
void futex_wait(detail::Atomic<std::uint32_t>& word, std::uint32_t expected) noexcept;

/// The same, until `deadline` on the monotonic clock at the latest. False: the deadline passed.
bool futex_wait_until(detail::Atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t deadline_ns) noexcept;

/// Wakes up to `count` sleepers. Async-signal-safe. Keeps errno.
void futex_wake(detail::Atomic<std::uint32_t>& word, int count = 1) noexcept;

}  // namespace weft::os
