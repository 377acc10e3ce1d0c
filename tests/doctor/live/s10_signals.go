package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

const cleanUp = 2500 * time.Millisecond

func init() {
	register("10", func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		go func() {
			<-signals
			time.Sleep(cleanUp) // where the next signal would have to be read
			os.Exit(0)
		}()
	}, func() {
		signals := make(chan os.Signal, 2)
		signal.Notify(signals, syscall.SIGTERM)
		go func() {
			<-signals
			time.AfterFunc(cleanUp, func() { os.Exit(0) })
			<-signals
			os.Exit(1)
		}()
	})
}
