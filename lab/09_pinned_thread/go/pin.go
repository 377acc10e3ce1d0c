//go:build ignore

package main

// #cgo CFLAGS: -O2 -I${SRCDIR}/../../04_foreign_call_per_item
// #include "foreign.c"
import "C"

import (
	"sync"

	"weftlab/support/go"
)

// call is one C call that keeps nothing in its thread.
func call(number int) int64 {
	var score C.int64_t
	C.lab_score(C.int64_t(number), 7, &score)
	return int64(score)
}

// measureCalls times `oneCall` on one goroutine and on two at a time.
func measureCalls(report twin.Report, oneCall func(number int) int64) {
	calls, least := twin.Integer("calls"), twin.Milliseconds("measure-ms")
	block := func() int64 {
		var sum int64
		for i := range calls {
			sum += oneCall(i)
		}
		return sum
	}
	report["score_sum"] = block()
	each := twin.PerOperation(least, calls, func() { block() })
	report["call_ns"], report["calls_per_s"] = each, 1e9/each
	both := twin.PerOperation(least, 2*calls, func() {
		var pending sync.WaitGroup
		for range 2 {
			pending.Add(1)
			go func() {
				defer pending.Done()
				block()
			}()
		}
		pending.Wait()
	})
	report["calls_per_s_two"] = 1e9 / both
}

// measurePingPong times a round trip between a free goroutine and this one, which `prepare` may have pinned.
func measurePingPong(report twin.Report, prepare, release func()) {
	trips, least := twin.Integer("trips"), twin.Milliseconds("measure-ms")
	there, back := make(chan int), make(chan int)
	go func() {
		for value := range there {
			back <- value + 1
		}
		close(back)
	}()
	prepare()
	report["round_trip_ns"] = twin.PerOperation(least, trips, func() {
		for i := range trips {
			there <- i
			if <-back != i+1 {
				panic("another value came back")
			}
		}
	})
	release()
	close(there)
}
