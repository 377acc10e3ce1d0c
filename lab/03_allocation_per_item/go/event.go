//go:build ignore

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"

	"weftlab/support/go"
)

// event is what travels. A note is optional: an event without one must not show the note of an earlier event.
type event struct {
	ID          int64    `json:"id"`
	User        string   `json:"user"`
	Kind        string   `json:"kind"`
	AmountCents int64    `json:"amount_cents"`
	Tags        []string `json:"tags"`
	Note        string   `json:"note"`
	bucket      uint64
	score       uint64
}

// enrich is the second stage: the user's bucket (FNV-1a).
func (e *event) enrich() {
	hash := uint64(14695981039346656037)
	for i := range len(e.User) {
		hash = (hash ^ uint64(e.User[i])) * 1099511628211
	}
	e.bucket = hash & 1023
}

// rate is the third stage: a score from every field.
func (e *event) rate() {
	score := uint64(e.AmountCents)*uint64(len(e.Kind)) + uint64(len(e.Note)) + e.bucket
	for _, tag := range e.Tags {
		score = score*31 + uint64(len(tag))
	}
	e.score = score
}

// copyInto is the first stage without JSON: every field is copied, as from another format's record.
func (e *event) copyInto(to *event) {
	to.ID, to.User, to.Kind, to.AmountCents, to.Note = e.ID, e.User, e.Kind, e.AmountCents, e.Note
	to.Tags = append(to.Tags[:0], e.Tags...)
}

// payload is the input: the lines of the file, and the same parsed.
type payload struct {
	lines   [][]byte
	records []event
}

func readPayload() payload {
	text, err := os.ReadFile(twin.Text("payload"))
	if err != nil {
		panic(err)
	}
	var p payload
	for line := range strings.Lines(string(text)) {
		p.lines = append(p.lines, []byte(line))
		var e event
		parse([]byte(line), &e)
		p.records = append(p.records, e)
	}
	return p
}

func parse(line []byte, e *event) {
	if err := json.Unmarshal(line, e); err != nil {
		panic(err)
	}
}

// sink is the fourth stage: a sum over all events, and how long each block of events took to arrive.
type sink struct {
	checksum  uint64
	count     int
	lastBlock time.Time
	blocks    []int64
}

const blockSize = 256

func newSink(events int) *sink {
	return &sink{lastBlock: time.Now(), blocks: make([]int64, 0, events/blockSize+1)}
}

func (s *sink) take(e *event) {
	s.checksum += e.score ^ uint64(e.ID)
	s.count++
	if s.count%blockSize == 0 {
		now := time.Now()
		s.blocks = append(s.blocks, int64(now.Sub(s.lastBlock)))
		s.lastBlock = now
	}
}

// measure runs one pipeline and adds its figures to the report under `prefix`.
func measure(report twin.Report, prefix string, events int, pipeline func(events int, s *sink)) {
	pipeline(events/10, newSink(events/10))
	s := newSink(events)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	s.lastBlock = start
	pipeline(events, s)
	passed := time.Since(start)
	runtime.ReadMemStats(&after)
	each := func(total uint64) float64 { return float64(total) / float64(events) }
	report[prefix+"_ns"] = float64(passed.Nanoseconds()) / float64(events)
	report[prefix+"_items_per_s"] = float64(events) / passed.Seconds()
	report[prefix+"_allocations"] = each(after.Mallocs - before.Mallocs)
	report[prefix+"_bytes"] = each(after.TotalAlloc - before.TotalAlloc)
	report[prefix+"_block_p99_us"] = float64(twin.Percentile(s.blocks, .99)) / 1e3
	report[prefix+"_checksum"] = fmt.Sprintf("%016x", s.checksum)
}

// pauseP99 is the 99th percentile of the collector's pauses since the start, in microseconds.
func pauseP99() float64 {
	sample := []metrics.Sample{{Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(sample)
	pauses := sample[0].Value.Float64Histogram()
	var total, seen uint64
	for _, count := range pauses.Counts {
		total += count
	}
	for i, count := range pauses.Counts {
		seen += count
		if count > 0 && float64(seen) >= .99*float64(total) {
			if bound := pauses.Buckets[i+1]; !math.IsInf(bound, 1) {
				return bound * 1e6
			}
			return pauses.Buckets[i] * 1e6
		}
	}
	return 0
}
