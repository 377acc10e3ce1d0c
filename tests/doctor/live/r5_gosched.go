package main

import "runtime"

// Waits for something by giving way, over and over.
func init() {
	register("gosched", func() {
		for i := 0; i < 64; i++ {
			go func() {
				for {
					runtime.Gosched()
				}
			}()
		}
	}, func() { go compute() })
}
