//go:build ignore

// Four stages, events from a pool, reset before reuse, buffered channels.
package main

import (
	"sync"

	"weftlab/support/go"
)

var pool = sync.Pool{New: func() any { return new(event) }}

func (e *event) reset() { *e = event{Tags: e.Tags[:0]} }

func stage(in <-chan *event, buffer int, work func(*event)) <-chan *event {
	out := make(chan *event, buffer)
	go func() {
		defer close(out)
		for e := range in {
			work(e)
			out <- e
		}
	}()
	return out
}

func pipeline(source func(out chan<- *event, events int), buffer, events int, s *sink) {
	first := make(chan *event, buffer)
	go func() {
		defer close(first)
		source(first, events)
	}()
	for e := range stage(stage(first, buffer, (*event).enrich), buffer, (*event).rate) {
		s.take(e)
		e.reset()
		pool.Put(e)
	}
}

func main() {
	input, report, buffer := readPayload(), twin.Report{}, twin.Integer("buffer")
	measure(report, "json", twin.Integer("json-events"), func(events int, s *sink) {
		pipeline(func(out chan<- *event, events int) {
			for i := range events {
				e := pool.Get().(*event)
				parse(input.lines[i%len(input.lines)], e)
				out <- e
			}
		}, buffer, events, s)
	})
	measure(report, "plain", twin.Integer("plain-events"), func(events int, s *sink) {
		pipeline(func(out chan<- *event, events int) {
			for i := range events {
				e := pool.Get().(*event)
				input.records[i%len(input.records)].copyInto(e)
				out <- e
			}
		}, buffer, events, s)
	})
	report["pause_p99_us"] = pauseP99()
	report.Print()
}
