//go:build ignore

// A pin around each C call; and a pinned goroutine that plays ping-pong with a free one.
package main

import (
	"runtime"

	"weftlab/support/go"
)

func main() {
	report := twin.Report{}
	measureCalls(report, func(number int) int64 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		return call(number)
	})
	measurePingPong(report, runtime.LockOSThread, runtime.UnlockOSThread)
	report.Print()
}
