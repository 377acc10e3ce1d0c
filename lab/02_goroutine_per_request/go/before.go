//go:build ignore

// A goroutine for every request, whatever comes.
package main

import (
	"sync"
	"time"
)

func main() {
	l := loadFromArguments()
	result := newOutcome(l.requests)
	var pending sync.WaitGroup
	result.offer(&l, func(number int, due time.Time) {
		pending.Add(1)
		go func() {
			defer pending.Done()
			result.serve(&l, number, due)
		}()
	})
	pending.Wait()
	result.print(&l, 0, 0)
}
