// "All goroutines are asleep": nothing can ever run again.
#pragma once

namespace weft::sched {

/// Prints the report with every stack and ends the process with code 2, if it is so. The monitor's, when all is idle.
/// True when only threads that are not weft's could make something run: one that is about to end will not, so look
/// again.
bool report_if_deadlocked() noexcept;

}  // namespace weft::sched
