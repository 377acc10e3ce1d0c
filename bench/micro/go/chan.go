package main

import "time"

func roundTrip(name string) {
	emitEach(name, func(count int) time.Duration {
		there := make(chan int64)
		back := make(chan int64)
		done := make(chan struct{})
		go func() {
			for item := range there {
				back <- item
			}
			close(done)
		}()
		elapsed := timed(func() {
			for i := 0; i < count; i++ {
				there <- int64(i)
				<-back
			}
		})
		close(there)
		<-done
		return elapsed
	})
}

func bufferedItem(name string) {
	emitEach(name, func(count int) time.Duration {
		return timed(func() {
			items := make(chan int64, 128)
			go func() {
				for i := 0; i < count; i++ {
					items <- int64(i)
				}
				close(items)
			}()
			for range items {
			}
		})
	})
}

func uncontendedChan(name string) {
	emitEach(name, func(count int) time.Duration {
		items := make(chan int64, 128)
		return timed(func() {
			for i := 0; i < count; i++ {
				items <- int64(i)
				<-items
			}
		})
	})
}

func init() {
	register("chan/round_trip@1", 1, roundTrip)
	register("chan/round_trip@2", 2, roundTrip)
	register("chan/buffered_item@1", 1, bufferedItem)
	register("chan/buffered_item@2", 2, bufferedItem)
	register("chan/uncontended@1", 1, uncontendedChan)
}
