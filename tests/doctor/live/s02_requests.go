package main

import (
	"runtime"
	"sync/atomic"
	"time"
)

func init() {
	register("02", func() { offer(func(request func()) { go request() }, true) }, func() {
		queue := make(chan func(), 64)
		for i := 0; i < runtime.GOMAXPROCS(0); i++ {
			go func() {
				for request := range queue {
					request()
				}
			}()
		}
		offer(func(request func()) {
			select {
			case queue <- request:
			default: // shed
			}
		}, false)
	})
	register("02b", perItem, inBatches)
	register("02leak", leak, answerAll)
}

// Offers more than the processors can do, and never more than 3,000 at once, so that the machine survives it. Returns
// once they pile up, or are served.
func offer(accept func(func()), pilesUp bool) {
	const most, slices = 3000, 20
	var open, served int64
	request := func() {
		for i := 0; i < slices; i++ { // each has to wait for its turn again
			work(uint64(i), 5000)
			runtime.Gosched()
		}
		atomic.AddInt64(&served, 1)
		atomic.AddInt64(&open, -1)
	}
	go func() {
		for range time.Tick(time.Millisecond) {
			for i := 0; i < most && atomic.LoadInt64(&open) < most; i++ {
				if pilesUp {
					atomic.AddInt64(&open, 1)
				}
				accept(request)
			}
		}
	}()
	for pilesUp && atomic.LoadInt64(&open) < most/2 || atomic.LoadInt64(&served) == 0 {
		time.Sleep(time.Millisecond)
	}
}

// A goroutine for each item of hardly any work.
func perItem() {
	go func() {
		const wave = 256
		done := make(chan struct{}, wave)
		for seed := uint64(0); ; seed++ {
			for i := 0; i < wave; i++ {
				go func() {
					work(seed, 20)
					done <- struct{}{}
				}()
			}
			for i := 0; i < wave; i++ {
				<-done
			}
		}
	}()
}

func inBatches() {
	batches := make(chan []uint64, 2*runtime.GOMAXPROCS(0))
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		go func() {
			for batch := range batches {
				for _, seed := range batch {
					work(seed, 20)
				}
			}
		}()
	}
	go func() {
		batch := make([]uint64, 8192)
		for {
			batches <- batch
		}
	}()
}

// Each result waits for a receiver that gave up.
func leak() { hedge(0) }

func answerAll() { hedge(1) }

func hedge(room int) {
	ask := func() {
		result := make(chan uint64, room)
		go func() { result <- work(1, 10) }()
	}
	for i := 0; i < 1500; i++ {
		ask()
	}
	go func() {
		for range time.Tick(time.Millisecond) {
			ask()
		}
	}()
}
