package main

import "time"

const chunk = 256 // so many selects are timed at a stretch; no channel runs dry within it

func fill(channels []chan int64) {
	for _, channel := range channels {
		for len(channel) < cap(channel) {
			channel <- 1
		}
	}
}

// Only the selects are timed; the channels are filled up in between.
func ready(name string, channels []chan int64, selects func(times int)) {
	for i := range channels {
		channels[i] = make(chan int64, chunk)
	}
	emitEach(name, func(count int) time.Duration {
		elapsed := time.Duration(0)
		for left := count; left > 0; {
			fill(channels)
			times := min(left, chunk)
			elapsed += timed(func() { selects(times) })
			left -= times
		}
		return elapsed
	})
}

func ready2(name string) {
	var channels [2]chan int64
	sum := int64(0)
	ready(name, channels[:], func(times int) {
		for i := 0; i < times; i++ {
			select {
			case item := <-channels[0]:
				sum += item
			case item := <-channels[1]:
				sum += item
			}
		}
	})
}

func ready8(name string) {
	var c [8]chan int64
	sum := int64(0)
	ready(name, c[:], func(times int) {
		for i := 0; i < times; i++ {
			select {
			case item := <-c[0]:
				sum += item
			case item := <-c[1]:
				sum += item
			case item := <-c[2]:
				sum += item
			case item := <-c[3]:
				sum += item
			case item := <-c[4]:
				sum += item
			case item := <-c[5]:
				sum += item
			case item := <-c[6]:
				sum += item
			case item := <-c[7]:
				sum += item
			}
		}
	})
}

func otherwiseOnEmpty(name string) {
	first := make(chan int64, 1)
	second := make(chan int64, 1)
	misses := 0
	emitEach(name, func(count int) time.Duration {
		return timed(func() {
			for i := 0; i < count; i++ {
				select {
				case <-first:
				case <-second:
				default:
					misses++
				}
			}
		})
	})
}

func receiveUnlessQuit(data chan int64, quit chan struct{}) bool {
	select {
	case <-data:
		return true
	case <-quit:
		return false
	}
}

func selectRoundTrip(name string) {
	emitEach(name, func(count int) time.Duration {
		there := make(chan int64)
		back := make(chan int64)
		quit := make(chan struct{})
		done := make(chan struct{})
		go func() {
			for receiveUnlessQuit(there, quit) {
				back <- 1
			}
			close(done)
		}()
		elapsed := timed(func() {
			for i := 0; i < count; i++ {
				there <- int64(i)
				receiveUnlessQuit(back, quit)
			}
		})
		close(quit)
		<-done
		return elapsed
	})
}

func init() {
	register("select/ready_2@1", 1, ready2)
	register("select/ready_8@1", 1, ready8)
	register("select/otherwise@1", 1, otherwiseOnEmpty)
	register("select/round_trip@1", 1, selectRoundTrip)
}
