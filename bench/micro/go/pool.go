package main

import (
	"sync"
	"time"
)

type event struct{ words [8]uint64 }

func getPut(workers int) func(name string) {
	return func(name string) {
		pool := sync.Pool{New: func() any { return new(event) }}
		emitEach(name, func(count int) time.Duration {
			return share(count, workers, func(times int) {
				for i := 0; i < times; i++ {
					e := pool.Get().(*event)
					e.words[0] = uint64(i)
					e.words[0] = 0
					pool.Put(e)
				}
			})
		})
	}
}

func init() {
	register("pool/get_put@1", 1, getPut(1))
	register("pool/get_put@2", 2, getPut(2))
}
