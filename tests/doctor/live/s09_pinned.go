package main

import "runtime"

func init() {
	register("09", func() {
		questions, answers := make(chan uint64), make(chan uint64)
		go func() {
			runtime.LockOSThread()
			for question := range questions {
				answers <- work(question, 10)
			}
		}()
		go func() {
			for seed := uint64(0); ; {
				questions <- seed
				seed = <-answers
			}
		}()
	}, func() {
		go func() {
			runtime.LockOSThread() // the C side is still called from its thread
			compute()
		}()
	})
}
