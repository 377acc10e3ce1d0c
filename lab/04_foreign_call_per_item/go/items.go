//go:build ignore

package main

// #cgo CFLAGS: -O2 -I${SRCDIR}/..
// #include "foreign.c"
import "C"

import (
	"sync"
	"time"

	"weftlab/support/go"
)

// items makes the input: every 97th is bad.
func items(count int) []C.struct_lab_item {
	result := make([]C.struct_lab_item, count)
	for i := range result {
		result[i].id = C.int64_t(i)
		result[i].amount = C.int64_t(i%1000 + 1)
		if i%97 == 96 {
			result[i].amount = -1
		}
	}
	return result
}

// tally is what one pass over the items gives: the good items' scores and how many failed.
type tally struct{ sum, failed int64 }

// measure times one pass over all items, on one goroutine and on two at a time.
func measure(report twin.Report, pass func([]C.struct_lab_item) tally) {
	input := items(twin.Integer("items"))
	least := twin.Milliseconds("measure-ms")
	result := pass(input)
	report["score_sum"], report["failed"] = result.sum, result.failed
	each := twin.PerOperation(least, len(input), func() { pass(input) })
	report["item_ns"], report["items_per_s"] = each, 1e9/each
	both := twin.PerOperation(least, 2*len(input), func() {
		var pending sync.WaitGroup
		for range 2 {
			pending.Add(1)
			go func() {
				defer pending.Done()
				pass(input)
			}()
		}
		pending.Wait()
	})
	report["items_per_s_two"] = 1e9 / both
}

// measureOthers has as many goroutines as processors in a blocking C call and measures how late a ticking one is.
func measureOthers(report twin.Report) {
	ticks, period := twin.Integer("ticks"), twin.Microseconds("tick-us")
	var stop, pending = make(chan struct{}), sync.WaitGroup{}
	for range twin.Integer("blockers") {
		pending.Add(1)
		go func() {
			defer pending.Done()
			for {
				select {
				case <-stop:
					return
				default:
					C.lab_block(C.long(twin.Integer("block-ms")))
				}
			}
		}()
	}
	late := make([]int64, 0, ticks)
	for range ticks {
		asleep := time.Now()
		time.Sleep(period)
		late = append(late, int64(time.Since(asleep)-period))
	}
	close(stop)
	pending.Wait()
	report["late_p50_ms"] = float64(twin.Percentile(late, .5)) / 1e6
	report["late_p99_ms"] = float64(twin.Percentile(late, .99)) / 1e6
	report["late_max_ms"] = float64(twin.Percentile(late, 1)) / 1e6
}
