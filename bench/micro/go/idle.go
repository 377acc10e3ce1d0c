package main

import (
	"sync/atomic"
	"time"
)

func startMeter() {
	if quick {
		startIdleMeter(1200, 500)
	} else {
		startIdleMeter(1500, 2000)
	}
}

func emitIdle(name string, wakeups, cpu float64) {
	emit(name, wakeups, "wake-ups/s", field{"cpu_us_per_s", cpu})
}

// No thread but Go's own can wake its goroutines: the end comes from a goroutine that waits for the meter in C.
func allParked(name string) {
	never := make(chan struct{})
	measured := make(chan [2]float64, 1)
	for i := 0; i < 100; i++ {
		go func() { <-never }()
	}
	startMeter()
	go func() {
		wakeups, cpu := idleResult()
		measured <- [2]float64{wakeups, cpu}
	}()
	result := <-measured
	emitIdle(name, result[0], result[1])
}

func oneInC(name string) {
	startMeter()
	wakeups, cpu := idleResult()
	emitIdle(name, wakeups, cpu)
}

func oneTicks(name string) {
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for !stop.Load() {
			<-ticker.C
		}
		close(ended)
	}()
	startMeter()
	wakeups, cpu := idleResult()
	stop.Store(true)
	<-ended
	emit(name, cpu, "us/s", field{"wakeups_per_s", wakeups})
}

func init() {
	register("idle/ticker@2", 2, oneTicks)
	register("idle/parked@2", 2, allParked)
	register("idle/one_in_c@2", 2, oneInC)
}
