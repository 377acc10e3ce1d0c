//go:build ignore

// What App does, by hand: a channel and a goroutine of their own for the signals that end, clean-up elsewhere within a
// deadline, and a second signal ends at once.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	q := newQueue()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			reload()
		}
	}()
	ends := make(chan os.Signal, 2)
	signal.Notify(ends, syscall.SIGTERM, syscall.SIGINT)
	fmt.Println("ready")
	<-ends
	cleaned := make(chan struct{})
	go func() {
		q.writeOut()
		q.print()
		close(cleaned)
	}()
	select {
	case <-cleaned:
	case number := <-ends:
		os.Exit(128 + int(number.(syscall.Signal)))
	case <-time.After(30 * time.Second):
		os.Exit(124)
	}
}
