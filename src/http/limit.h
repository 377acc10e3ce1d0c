// Limits of time, as deadlines.
#pragma once

#include <chrono>

#include "weft/detail/deadline.h"

namespace weft::http {

/// When a limit ends that begins now; one of zero or less, as in Limits, never does.
inline detail::MonotonicNanos end_of(std::chrono::nanoseconds limit) noexcept {
  return limit.count() <= 0 ? detail::kNever : detail::deadline_after(limit);
}

}  // namespace weft::http
