//go:build ignore

package main

import (
	"runtime"
	"sync/atomic"
	"time"

	"weftlab/support/go"
)

// load is what is offered: the same numbers in both languages.
type load struct {
	ratePerSecond int
	requests      int
	workRounds    int
	wait          time.Duration
	patience      time.Duration
}

func loadFromArguments() load {
	return load{
		ratePerSecond: twin.Integer("rate"),
		requests:      twin.Integer("requests"),
		workRounds:    twin.Integer("work-rounds"),
		wait:          twin.Milliseconds("wait-ms"),
		patience:      twin.Milliseconds("patience-ms"),
	}
}

// outcome gathers what the requests saw: each writes its own slots.
type outcome struct {
	started    time.Time
	startDelay []int64
	wakeDelay  []int64
	inTime     atomic.Int64
	wasted     atomic.Int64
	sink       atomic.Uint64
	mostLive   int
}

func newOutcome(requests int) *outcome {
	return &outcome{startDelay: make([]int64, requests), wakeDelay: make([]int64, requests)}
}

// serve is one request: half of its CPU work, a long wait (a backend's answer), the other half.
func (o *outcome) serve(l *load, number int, due time.Time) {
	begun := time.Now()
	o.startDelay[number] = int64(begun.Sub(due)) + 1
	if begun.Sub(due) > l.patience {
		o.wasted.Add(1)
	}
	value := twin.Burn(l.workRounds/2, uint64(number))
	asleep := time.Now()
	time.Sleep(l.wait)
	o.wakeDelay[number] = int64(time.Since(asleep)-l.wait) + 1
	value = twin.Burn(l.workRounds/2, value)
	if value == 0 {
		o.sink.Add(1)
	}
	if time.Since(due) <= l.patience {
		o.inTime.Add(1)
	}
}

// offer submits every request when it is due, however far behind the server is: an open loop.
func (o *outcome) offer(l *load, submit func(number int, due time.Time)) {
	o.started = time.Now()
	now := o.started
	for number := range l.requests {
		due := o.started.Add(time.Duration(float64(number) * 1e9 / float64(l.ratePerSecond)))
		for now.Before(due) {
			if now = time.Now(); now.Before(due) {
				o.mostLive = max(o.mostLive, runtime.NumGoroutine())
				time.Sleep(time.Millisecond)
			}
		}
		submit(number, due)
	}
	o.mostLive = max(o.mostLive, runtime.NumGoroutine())
}

func taken(delays []int64) []int64 {
	var result []int64
	for _, delay := range delays {
		if delay != 0 {
			result = append(result, delay)
		}
	}
	return result
}

func (o *outcome) print(l *load, shed, dropped int64) {
	rss := twin.PeakResidentBytes()
	seconds := float64(l.requests) / float64(l.ratePerSecond)
	starts, wakes := taken(o.startDelay), taken(o.wakeDelay)
	percent := func(count int64) float64 { return 100 * float64(count) / float64(l.requests) }
	ms := func(values []int64, share float64) float64 { return float64(twin.Percentile(values, share)) / 1e6 }
	twin.Report{
		"in_time_per_s":  float64(o.inTime.Load()) / seconds,
		"wasted_percent": percent(o.wasted.Load()), "shed_percent": percent(shed), "dropped_percent": percent(dropped),
		"done": len(wakes), "live_most": o.mostLive, "peak_rss_mb": float64(rss) / 1e6,
		"start_p50_ms": ms(starts, .5), "start_p99_ms": ms(starts, .99), "start_p999_ms": ms(starts, .999),
		"ready_p50_ms": ms(wakes, .5), "ready_p99_ms": ms(wakes, .99), "ready_p999_ms": ms(wakes, .999),
	}.Print()
}
