//go:build ignore

// A pool of workers behind a bounded queue; a full queue sheds, and a request whose client left is dropped.
package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"weftlab/support/go"
)

type job struct {
	number int
	due    time.Time
	ctx    context.Context
	cancel context.CancelFunc
}

func main() {
	l := loadFromArguments()
	result := newOutcome(l.requests)
	jobs := make(chan job, twin.Integer("queue"))
	var shed, dropped atomic.Int64
	var workers sync.WaitGroup
	for range twin.Integer("workers") {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for j := range jobs {
				if j.ctx.Err() != nil {
					dropped.Add(1)
				} else {
					result.serve(&l, j.number, j.due)
				}
				j.cancel()
			}
		}()
	}
	root := context.Background()
	result.offer(&l, func(number int, due time.Time) {
		ctx, cancel := context.WithDeadline(root, due.Add(l.patience))
		select {
		case jobs <- job{number, due, ctx, cancel}:
		default:
			shed.Add(1)
			cancel()
		}
	})
	close(jobs)
	workers.Wait()
	result.print(&l, shed.Load(), dropped.Load())
}
