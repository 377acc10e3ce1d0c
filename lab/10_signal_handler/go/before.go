//go:build ignore

// Clean-up, and reloads, on the goroutine that reads the signals, by a channel of 1.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	q := newQueue()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	fmt.Println("ready")
	for number := range signals {
		if number != syscall.SIGHUP {
			break
		}
		reload()
	}
	q.writeOut()
	q.print()
}
