//go:build ignore

package main

import (
	"fmt"
	"time"

	"weftlab/support/go"
)

// queue is what the service has accepted and must not lose; its C++ counterpart is queue.h.
type queue struct {
	items    chan int
	accepted int
	written  int
	itemTime time.Duration
}

func newQueue() *queue {
	q := &queue{accepted: twin.Integer("items"), itemTime: twin.Microseconds("item-us")}
	q.items = make(chan int, q.accepted)
	for i := range q.accepted {
		q.items <- i
	}
	return q
}

// writeOut is the clean-up: every item takes its time, as a write to a slow disk does.
func (q *queue) writeOut() {
	close(q.items)
	for range q.items {
		time.Sleep(q.itemTime)
		q.written++
	}
}

func (q *queue) print() { fmt.Printf("lost %d\n", q.accepted-q.written) }

// reload is what a reload does: reads files, dials.
func reload() {
	fmt.Println("reloads")
	time.Sleep(twin.Milliseconds("reload-ms"))
}
