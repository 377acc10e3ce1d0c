package main

import (
	"sync"
	"time"
)

const batch = 1000

func batches(name string) {
	emitEach(name, func(count int) time.Duration {
		rounds := (count + batch - 1) / batch
		elapsed := timed(func() {
			var finished sync.WaitGroup
			for round := 0; round < rounds; round++ {
				finished.Add(batch)
				for i := 0; i < batch; i++ {
					go func() { finished.Done() }()
				}
				finished.Wait()
			}
		})
		return time.Duration(float64(elapsed) * float64(count) / float64(rounds*batch))
	})
}

func oneAndWait(name string) {
	emitEach(name, func(count int) time.Duration {
		return timed(func() {
			var finished sync.WaitGroup
			for i := 0; i < count; i++ {
				finished.Add(1)
				go func() { finished.Done() }()
				finished.Wait()
			}
		})
	})
}

func oneWithResult(name string) {
	emitEach(name, func(count int) time.Duration {
		return timed(func() {
			sum := 0
			for i := 0; i < count; i++ {
				result := make(chan int, 1)
				go func() { result <- i }()
				sum += <-result
			}
			burn(1, uint64(sum))
		})
	})
}

func init() {
	register("spawn/batch@1", 1, batches)
	register("spawn/batch@2", 2, batches)
	register("spawn/one_and_wait@1", 1, oneAndWait)
	register("spawn/one_with_result@1", 1, oneWithResult)
}
