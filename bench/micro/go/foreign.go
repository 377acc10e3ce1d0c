package main

// #cgo CFLAGS: -O2 -I${SRCDIR}/.. -pthread
// #cgo LDFLAGS: -pthread
// #include "foreign.h"
import "C"

import (
	"sync"
	"time"
)

func callTimes(count int) C.int {
	value := C.int(0)
	for i := 0; i < count; i++ {
		value = C.bench_foreign_next(value)
	}
	return value
}

// Each caller makes count calls: the time of a call as its caller sees it.
func foreignCall(callers int) func(name string) {
	return func(name string) {
		emitEach(name, func(count int) time.Duration {
			return timed(func() {
				var finished sync.WaitGroup
				finished.Add(callers)
				for caller := 0; caller < callers; caller++ {
					go func() {
						burn(1, uint64(callTimes(count)))
						finished.Done()
					}()
				}
				finished.Wait()
			})
		})
	}
}

func foreignBlock(milliseconds uint) { C.bench_foreign_block(C.uint(milliseconds)) }

func monotonicNanoseconds() int64 { return int64(C.bench_monotonic_nanoseconds()) }

func startWriter(descriptor int, periodMicroseconds, messages uint) bool {
	return C.bench_start_writer(C.int(descriptor), C.uint(periodMicroseconds), C.uint(messages)) == 0
}

func startIdleMeter(settleMilliseconds, measureMilliseconds uint) {
	C.bench_start_idle_meter(C.uint(settleMilliseconds), C.uint(measureMilliseconds))
}

func idleResult() (wakeups, cpuMicroseconds float64) {
	result := C.bench_idle_result()
	return float64(result.wakeups_per_second), float64(result.cpu_microseconds_per_second)
}

func init() {
	register("foreign/call@1", 1, foreignCall(1))
	register("foreign/call@2", 2, foreignCall(2))
}
