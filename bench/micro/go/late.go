package main

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const blockedMilliseconds = 50

func observation() time.Duration {
	if quick {
		return 500 * time.Millisecond
	}
	return 2 * time.Second
}

// Starts goroutines that are in the way until the returned function stops them.
func company(spinning, blocking int) (dismiss func()) {
	var stop atomic.Bool
	var running sync.WaitGroup
	running.Add(spinning + blocking)
	for i := 0; i < spinning; i++ {
		go func() {
			for !stop.Load() {
			}
			running.Done()
		}()
	}
	for i := 0; i < blocking; i++ {
		go func() {
			for !stop.Load() {
				foreignBlock(blockedMilliseconds)
			}
			running.Done()
		}()
	}
	return func() {
		stop.Store(true)
		running.Wait()
	}
}

func tickerBeside(spinning, blocking int) func(name string) {
	return func(name string) {
		dismiss := company(spinning, blocking)
		const period = time.Millisecond
		var late []time.Duration
		start := time.Now()
		last := start
		ticker := time.NewTicker(period)
		for now := start; now.Sub(start) < observation(); {
			<-ticker.C
			now = time.Now()
			due := start.Add((last.Sub(start)/period + 1) * period)
			late = append(late, max(0, now.Sub(due)))
			last = now
		}
		dismiss()
		emitLateness(name, late)
	}
}

// The runtime's clock has the rate of CLOCK_MONOTONIC: one comparison makes stamps of the C side comparable.
func socketBeside(spinning int) func(name string) {
	return func(name string) {
		const periodMicroseconds = 2000
		ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			panic(err)
		}
		conn, err := net.FileConn(os.NewFile(uintptr(ends[0]), "reader"))
		if err != nil {
			panic(err)
		}
		base, baseNanoseconds := time.Now(), monotonicNanoseconds()
		dismiss := company(spinning, 0)
		messages := uint(observation() / (periodMicroseconds * time.Microsecond))
		if !startWriter(ends[1], periodMicroseconds, messages) {
			panic("no writer thread")
		}
		var late []time.Duration
		var stamp [8]byte
		for {
			if _, err := io.ReadFull(conn, stamp[:]); err != nil {
				break
			}
			now := baseNanoseconds + int64(time.Since(base))
			late = append(late, time.Duration(now-int64(binary.NativeEndian.Uint64(stamp[:]))))
		}
		dismiss()
		emitLateness(name, late)
	}
}

func init() {
	register("ticker/idle@2", 2, tickerBeside(0, 0))
	register("ticker/spinning_2@2", 2, tickerBeside(2, 0))
	register("ticker/spinning_4@2", 2, tickerBeside(4, 0))
	register("ticker/blocked_2@2", 2, tickerBeside(0, 2))
	register("ticker/blocked_64@2", 2, tickerBeside(0, 64))
	register("socket/spinning_2@2", 2, socketBeside(2))
	register("socket/spinning_4@2", 2, socketBeside(4))
}
