// WEFT_* environment variables, read once at start. A wrong value ends the process: a service must not run on a guess.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::sched {

/// What happens to a goroutine that keeps its processor while others wait.
enum class Preempt { kDetach, kSuspend, kOff };

struct Config {
  int max_procs = 1;                    // WEFT_MAXPROCS: 1..256; default: the container's limit
  std::size_t stack_bytes = 256 << 10;  // WEFT_STACK_BYTES: 16 KiB..1 GiB
  std::uint8_t stack_class = 2;         // the size class of stack_bytes
  Preempt preempt = Preempt::kDetach;   // WEFT_PREEMPT: detach | suspend | off
  bool migrate = false;                 // WEFT_DEBUG=migrate=1: every park resumes through the global queue
  std::int64_t schedtrace_nanos = 0;    // WEFT_DEBUG=schedtrace=MS: a line on stderr each MS ms
  bool long_runners = false;            // WEFT_DEBUG=longrunners=0|1; default: where it cannot disturb, cpu_timer.h
  bool follows_cpu_limit = false;       // no WEFT_MAXPROCS: the container's limit, now and later
};

/// Prints "weft: WEFT_X="value": allowed is ..." and exits with 78 (EX_CONFIG) on a value that is not allowed.
Config read_config();

}  // namespace weft::sched
