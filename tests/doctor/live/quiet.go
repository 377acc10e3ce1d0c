package main

// Programs without an illness that look a little like one: the doctor must not see one.

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func init() {
	register("idle", func() {}, func() {})
	register("healthy", func() { go compute(); go compute() }, func() {})
	register("echo", echo, echo)
	register("web", web, web)
	register("parked", parked, parked)
	register("mutex", contend, func() { go compute() })
}

var total uint64

// Work that allocates, calls and waits for nothing.
func compute() {
	for seed := uint64(1); ; seed++ {
		atomic.AddUint64(&total, work(seed, 20000))
	}
}

//go:noinline
func work(seed uint64, rounds int) uint64 {
	for i := 0; i < rounds; i++ {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
	}
	return seed
}

// 64 connections, some thousand short messages a second: nearly all of its CPU waits for the network.
func echo() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(connection)
		}
	}()
	for i := 0; i < 64; i++ {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			panic(err)
		}
		go func() {
			reader := bufio.NewReader(connection)
			for {
				fmt.Fprintln(connection, "hello")
				if _, err := reader.ReadString('\n'); err != nil {
					return
				}
				time.Sleep(2 * time.Millisecond)
			}
		}()
	}
}

func answer(connection net.Conn) {
	buffer := make([]byte, 512)
	for {
		n, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// An ordinary handler under an ordinary load.
func web() {
	http.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		sum := work(uint64(len(r.URL.Path)), 100000)
		fmt.Fprintf(w, "%s %d\n", strings.ToUpper(r.URL.Path), sum)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { _ = http.Serve(listener, nil) }()
	url := "http://" + listener.Addr().String() + "/hello"
	for i := 0; i < 8; i++ {
		go func() {
			for {
				reply, err := http.Get(url)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, reply.Body)
				reply.Body.Close()
				time.Sleep(5 * time.Millisecond)
			}
		}()
	}
}

// A plateau of goroutines that wait, as a server with many idle clients has.
func parked() {
	forever := make(chan int)
	var all sync.WaitGroup
	for i := 0; i < 5000; i++ {
		all.Add(1)
		go func() {
			all.Done()
			<-forever
		}()
	}
	all.Wait()
	go func() { // somebody may still send, so nothing has leaked
		time.Sleep(time.Hour)
		close(forever)
	}()
}

// Many goroutines at one lock: costs time, but no rule of the doctor's is about it.
func contend() {
	var lock sync.Mutex
	table := map[uint64]uint64{}
	for i := 0; i < 16; i++ {
		go func(seed uint64) {
			for {
				lock.Lock()
				table[seed%64] = work(seed, 200)
				lock.Unlock()
				seed++
			}
		}(uint64(i))
	}
}
