package main

import (
	"sync"
	"time"
)

// The workers share count operations; one operation takes elapsed / count.
func share(count, workers int, body func(times int)) time.Duration {
	return timed(func() {
		var finished sync.WaitGroup
		finished.Add(workers)
		for worker := 0; worker < workers; worker++ {
			go func() {
				body(count / workers)
				finished.Done()
			}()
		}
		finished.Wait()
	})
}

func uncontendedMutex(name string) {
	var mutex sync.Mutex
	emitEach(name, func(count int) time.Duration {
		return timed(func() {
			for i := 0; i < count; i++ {
				mutex.Lock()
				mutex.Unlock()
			}
		})
	})
}

func contendedMutex(name string) {
	var mutex sync.Mutex
	counter := 0
	emitEach(name, func(count int) time.Duration {
		return share(count, 8, func(times int) {
			for i := 0; i < times; i++ {
				mutex.Lock()
				counter++
				mutex.Unlock()
			}
		})
	})
}

func sectionNanoseconds() float64 {
	return nanosecondsEach(func(count int) time.Duration {
		return timed(func() {
			for i := 0; i < count; i++ {
				burn(stepsOf100Nanoseconds, uint64(i))
			}
		})
	})
}

func contendedMutex100(name string) {
	var mutex sync.Mutex
	state := uint64(0)
	each := nanosecondsEach(func(count int) time.Duration {
		return share(count, 8, func(times int) {
			for i := 0; i < times; i++ {
				mutex.Lock()
				state = burn(stepsOf100Nanoseconds, state)
				mutex.Unlock()
			}
		})
	})
	emit(name, each, "ns", field{"section_ns", sectionNanoseconds()})
}

func sharedRead(readers int) func(name string) {
	return func(name string) {
		var mutex sync.RWMutex
		emitEach(name, func(count int) time.Duration {
			return share(count, readers, func(times int) {
				for i := 0; i < times; i++ {
					mutex.RLock()
					mutex.RUnlock()
				}
			})
		})
	}
}

func init() {
	register("mutex/uncontended@1", 1, uncontendedMutex)
	register("mutex/contended_8@2", 2, contendedMutex)
	register("mutex/contended_8_100ns@2", 2, contendedMutex100)
	register("shared_mutex/read@1", 1, sharedRead(1))
	register("shared_mutex/read@2", 2, sharedRead(2))
}
