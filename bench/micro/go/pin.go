package main

import (
	"runtime"
	"time"
)

func pinnedPingPong(name string) {
	emitEach(name, func(count int) time.Duration {
		there := make(chan int)
		back := make(chan int)
		done := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			for item := range there {
				back <- item
			}
			runtime.UnlockOSThread()
			close(done)
		}()
		elapsed := timed(func() {
			for i := 0; i < count; i++ {
				there <- 1
				<-back
			}
		})
		close(there)
		<-done
		return elapsed
	})
}

func init() { register("pin/round_trip@2", 2, pinnedPingPong) }
