package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

type parkedRound struct {
	spawn, wake float64
	memory      memory
}

func parkAndWake(count int) parkedRound {
	gate := make(chan struct{})
	var arrived atomic.Int64
	var finished sync.WaitGroup
	finished.Add(count)
	var result parkedRound
	spawning := timed(func() {
		for i := 0; i < count; i++ {
			go func() {
				arrived.Add(1)
				<-gate
				finished.Done()
			}()
		}
		for arrived.Load() < int64(count) {
			runtime.Gosched()
		}
	})
	result.memory = readMemory()
	waking := timed(func() {
		close(gate)
		finished.Wait()
	})
	result.spawn = float64(spawning) / float64(count)
	result.wake = float64(waking) / float64(count)
	return result
}

func parked(name string) {
	count := million()
	before := readMemory()
	fresh := parkAndWake(count)
	reused := parkAndWake(count)
	emit(name+"/spawn_fresh", fresh.spawn, "ns")
	emit(name+"/spawn_reused", reused.spawn, "ns")
	emit(name+"/wake", fresh.wake, "ns", field{"second_time", reused.wake})
	emit(name+"/resident", (fresh.memory.resident-before.resident)/float64(count), "B")
	emit(name+"/page_tables", (fresh.memory.pageTables-before.pageTables)/float64(count), "B")
}

func init() { register("parked_1m", 2, parked) }
