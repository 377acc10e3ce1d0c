// WEFT_DEBUG=schedtrace=MS: one line of the scheduler's state, in the words of Go's schedtrace.
#pragma once

#include <cstdint>

namespace weft::sched {

void write_trace_line(int fd, std::int64_t now) noexcept;

}  // namespace weft::sched
