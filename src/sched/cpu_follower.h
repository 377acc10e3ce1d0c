// max_procs follows the container: a quota that is raised, lowered or taken away, a cpuset that changes.
//
// The monitor reads the limits again about once a second, on rounds that it makes anyway; it makes one for this alone
// only while user code runs. An idle process reads nothing. Whoever sets the number by hand (WEFT_MAXPROCS,
// set_max_procs) keeps it.
#pragma once

#include "os/cpu_limit.h"
#include "weft/detail/timer_node.h"

namespace weft::sched {

/// Where the process's limits stand. The first call reads /proc and takes memory.
const os::CpuLimits& cpu_limits();

/// The processors that the limits allow; at most kMaxProcessors.
int allowed_processors() noexcept;

/// The start's, where no number was given.
void begin_to_follow() noexcept;
/// Somebody has set the number; under start's lock.
void end_following() noexcept;
bool follows_cpu_limit() noexcept;

/// When the monitor is to look next; kNever if nothing is followed.
detail::MonotonicNanos next_look_at_limit() noexcept;
/// The monitor's: looks if it is time.
void follow_cpu_limit(detail::MonotonicNanos now) noexcept;

}  // namespace weft::sched
