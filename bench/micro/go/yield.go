package main

import (
	"runtime"
	"time"
)

func yieldTimes(count int) {
	for i := 0; i < count; i++ {
		runtime.Gosched()
	}
}

func yieldTwo(name string) {
	emitEach(name, func(count int) time.Duration {
		return timed(func() {
			done := make(chan struct{})
			go func() {
				yieldTimes(count / 2)
				close(done)
			}()
			yieldTimes(count / 2)
			<-done
		})
	})
}

func init() { register("yield@1", 1, yieldTwo) }
