package main

import "runtime"

type entry struct {
	id, count uint64
	weights   [6]uint64
}

const entries = 600000

func init() {
	register("08", func() {
		table := make(map[uint64]*entry, entries)
		for i := uint64(0); i < entries; i++ {
			table[work(i+1, 3)] = &entry{id: i, count: i}
		}
		runtime.GC() // a heap profile tells of the last collection; in two minutes there would be one
		go func() {
			for {
				sumOfPointers(table)
			}
		}()
	}, func() {
		values, table := make([]entry, entries), make(map[uint64]int32, entries)
		for i := uint64(0); i < entries; i++ {
			table[work(i+1, 3)] = int32(i)
			values[i] = entry{id: i, count: i}
		}
		go func() {
			for {
				for i := range values {
					sum += values[i].count
				}
			}
		}()
	})
}

//go:noinline
func sumOfPointers(table map[uint64]*entry) {
	for _, one := range table {
		sum += one.count + one.weights[5]
		one.weights[0]++
	}
}
