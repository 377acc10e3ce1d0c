package main

import "sync/atomic"

func init() {
	register("07", func() {
		go updateBoxed()
		go updateBoxed()
	}, func() {
		go updateTyped()
		go updateTyped()
	})
}

type boxedMetric struct {
	value  interface{}
	labels interface{}
}

//go:noinline
func (m *boxedMetric) set(value, labels interface{}) {
	m.value, m.labels = value, labels
}

func updateBoxed() {
	metrics := make([]boxedMetric, 1024)
	for i := uint64(1000); ; i++ {
		metrics[i%1024].set(i, float64(i))
	}
}

func updateTyped() {
	metrics := make([]uint64, 1024)
	for i := uint64(0); ; i++ {
		atomic.AddUint64(&metrics[i%1024], i)
	}
}
