/* bench/micro/foreign.h: the C that goroutines call, unwrapped; the Go twins compile the same file through cgo. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The empty call. */
int bench_foreign_next(int value);

/* Blocks the thread, as a slow library would. */
void bench_foreign_block(unsigned milliseconds);

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t bench_monotonic_nanoseconds(void);

/* A thread that no runtime knows writes the current time (8 bytes) to `fd` every period, so many times, then closes it.
   Returns 0, or the error number. */
int bench_start_writer(int fd, unsigned period_microseconds, unsigned messages);

struct bench_idle {
  double wakeups_per_second;          /* of all threads but the meter's own */
  double cpu_microseconds_per_second; /* ditto */
};

/* A thread that no runtime knows watches this process: after `settle` for `measure` milliseconds. Returns 0, or the
   error number. */
int bench_start_idle_meter(unsigned settle_milliseconds, unsigned measure_milliseconds);

/* Waits for the meter to end. */
struct bench_idle bench_idle_result(void);

#ifdef __cplusplus
}
#endif
