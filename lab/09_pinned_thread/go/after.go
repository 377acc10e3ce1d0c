//go:build ignore

// No pin: the C side keeps nothing in its thread.
package main

import "weftlab/support/go"

func main() {
	report := twin.Report{}
	measureCalls(report, call)
	measurePingPong(report, func() {}, func() {})
	report.Print()
}
