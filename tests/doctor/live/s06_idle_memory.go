package main

import "runtime/debug"

func init() {
	register("06", batch, func() {
		batch()
		debug.FreeOSMemory()
	})
}

// 600 MB for a moment, under a limit that is far away: the next collection is the one that the runtime forces every two
// minutes.
func batch() {
	pace(-1, 2<<30)
	blocks := make([][]byte, 600)
	for i := range blocks {
		blocks[i] = make([]byte, 1<<20)
		for at := 0; at < len(blocks[i]); at += 4096 {
			blocks[i][at] = 1
		}
	}
	sum += uint64(len(blocks))
}
