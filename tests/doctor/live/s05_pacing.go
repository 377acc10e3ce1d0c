package main

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

type node struct {
	left, right *node
	value       [6]uint64
}

func init() {
	register("05a", func() { largeHeap(100, -1) }, func() { largeHeap(-1, 1600<<20) })
	register("05b", func() { churn(100, -1) }, func() { churn(-1, 256<<20) })
	register("05c", func() { largeHeap(-1, 330<<20) }, func() { largeHeap(-1, 1600<<20) })
}

var tree *node

func grow(depth int) *node {
	if depth == 0 {
		return nil
	}
	return &node{left: grow(depth - 1), right: grow(depth - 1)}
}

// Some 256 MB of small linked objects live, and a stream of garbage beside them. limit -1: none.
func largeHeap(percent int, limit int64) {
	tree = grow(22)
	runtime.GC()
	pace(percent, limit)
	for i := 0; i < 2; i++ {
		go func(seed uint64) {
			for {
				record := make([]uint64, 1024)
				record[0] = work(seed, 4000)
				seed = record[0]
				latest.Store(&record)
			}
		}(uint64(i + 1))
	}
}

func pace(percent int, limit int64) {
	debug.SetGCPercent(percent)
	if limit > 0 {
		debug.SetMemoryLimit(limit)
	}
}

var latest atomic.Pointer[[]uint64]

// Next to nothing lives, so that the heap's least size sets the pace.
func churn(percent int, limit int64) {
	pace(percent, limit)
	for i := 0; i < 2; i++ {
		go func() {
			var window [64]*node
			for i := 0; ; i++ {
				window[i%len(window)] = &node{left: window[(i+1)%len(window)]}
				window[i%len(window)].left.cut()
			}
		}()
	}
}

func (n *node) cut() {
	if n != nil {
		n.left = nil
	}
}
