//go:build ignore

// Four stages, a fresh event each, unbuffered channels.
package main

import "weftlab/support/go"

func stage(in <-chan *event, work func(*event)) <-chan *event {
	out := make(chan *event)
	go func() {
		defer close(out)
		for e := range in {
			work(e)
			out <- e
		}
	}()
	return out
}

func pipeline(source func(out chan<- *event, events int), events int, s *sink) {
	first := make(chan *event)
	go func() {
		defer close(first)
		source(first, events)
	}()
	for e := range stage(stage(first, (*event).enrich), (*event).rate) {
		s.take(e)
	}
}

func main() {
	input, report := readPayload(), twin.Report{}
	measure(report, "json", twin.Integer("json-events"), func(events int, s *sink) {
		pipeline(func(out chan<- *event, events int) {
			for i := range events {
				e := new(event)
				parse(input.lines[i%len(input.lines)], e)
				out <- e
			}
		}, events, s)
	})
	measure(report, "plain", twin.Integer("plain-events"), func(events int, s *sink) {
		pipeline(func(out chan<- *event, events int) {
			for i := range events {
				e := new(event)
				input.records[i%len(input.records)].copyInto(e)
				out <- e
			}
		}, events, s)
	})
	report["pause_p99_us"] = pauseP99()
	report.Print()
}
