package main

import (
	"sync"
	"time"
)

// Between one and two hours, in no order.
func farDelay(state *uint64) time.Duration {
	*state = burn(1, *state)
	return time.Hour + time.Duration(*state%3_600_000_000_000)
}

func arm(timers []*time.Timer, count int, state *uint64) []*time.Timer {
	for i := 0; i < count; i++ {
		timers = append(timers, time.AfterFunc(farDelay(state), func() {}))
	}
	return timers
}

// Beside a million pending timers a batch is armed, then cancelled. Who cancels lazily pays when he arms: see the sum.
func armAndCancel(name string) {
	const batch = 10_000
	state := uint64(1)
	pending := arm(make([]*time.Timer, 0, million()), million(), &state)
	timers := make([]*time.Timer, 0, batch)
	arming, cancelling := time.Duration(0), time.Duration(0)
	operations := 0.0
	for arming+cancelling < target {
		arming += timed(func() { timers = arm(timers, batch, &state) })
		cancelling += timed(func() {
			for _, timer := range timers {
				timer.Stop()
			}
		})
		timers = timers[:0]
		operations += batch
	}
	pending[0].Stop()
	armEach, cancelEach := float64(arming)/operations, float64(cancelling)/operations
	emit(name+"/arm", armEach, "ns")
	emit(name+"/cancel", cancelEach, "ns", field{"arm_and_cancel", armEach + cancelEach})
}

// Sleeper i is due at a moment of its own within one second, which starts when all have had time to fall asleep.
func sleepers(name string) {
	count := million()
	late := make([]time.Duration, count)
	settle := 4000 * time.Millisecond
	if quick {
		settle = 600 * time.Millisecond
	}
	var finished sync.WaitGroup
	finished.Add(count)
	first := time.Now().Add(settle)
	for i := 0; i < count; i++ {
		go func() {
			due := first.Add(time.Duration(burn(1, uint64(i)) % 1_000_000_000))
			time.Sleep(due.Sub(time.Now()))
			late[i] = max(0, time.Since(due))
			finished.Done()
		}()
	}
	finished.Wait()
	emitLateness(name, late)
}

func init() {
	register("timer_1m", 1, armAndCancel)
	register("sleepers_1m@2", 2, sleepers)
}
