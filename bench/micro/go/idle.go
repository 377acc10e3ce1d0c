package main

import "time"

func parkedProgram(name string) {
	settle, measure := uint(1500), uint(2000)
	if quick {
		settle, measure = 1200, 500
	}
	never := make(chan struct{})
	for i := 0; i < 100; i++ {
		go func() { <-never }()
	}
	startIdleMeter(settle, measure)
	time.Sleep(time.Duration(settle+measure+200) * time.Millisecond)
	wakeups, cpu := idleResult()
	emit(name, wakeups, "wake-ups/s", field{"cpu_us_per_s", cpu})
}

func init() { register("idle", 2, parkedProgram) }
