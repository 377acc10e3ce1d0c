package main

import (
	"context"
	"time"
)

func createAndCancel(name string) {
	root := context.Background()
	emitEach(name, func(count int) time.Duration {
		return timed(func() {
			for i := 0; i < count; i++ {
				_, cancel := context.WithCancel(root)
				cancel()
			}
		})
	})
}

func init() { register("context/with_cancel@1", 1, createAndCancel) }
