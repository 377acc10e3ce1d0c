package main

func init() {
	register("12", func() {
		go func() {
			const wave = 16
			done := make(chan uint64, wave)
			for {
				for i := 0; i < wave; i++ {
					go func() { done <- nested(200) }()
				}
				for i := 0; i < wave; i++ {
					sum += <-done
				}
			}
		}()
	}, func() {
		for i := 0; i < 2; i++ {
			go func() { // the depth is the same, on a stack that has grown
				for {
					nested(200)
				}
			}()
		}
	})
}

//go:noinline
func nested(depth int) uint64 {
	var frame [32]uint64
	frame[depth%32] = uint64(depth)
	if depth == 0 {
		return frame[0]
	}
	return nested(depth-1) + frame[depth%32]
}
