//go:build ignore

package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"weftlab/support/go"
)

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// Requests come whole and one at a time: the client waits for the answer.
func serveConnection(connection net.Conn, rounds int) {
	defer connection.Close()
	request := make([]byte, 512)
	seed := uint64(1)
	for {
		if _, err := connection.Read(request); err != nil {
			return
		}
		seed = twin.Burn(rounds, seed)
		if seed == 0 {
			return // never: the work must be of use to somebody, or the compiler leaves it out
		}
		if _, err := connection.Write([]byte(answer)); err != nil {
			return
		}
	}
}

// serve says "port N" once it listens, serves until SIGTERM, then says "processors N"; its C++ counterpart is server.cc.
func serve() {
	rounds := twin.Integer("work-rounds")
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("port", listener.Addr())
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go serveConnection(connection, rounds)
		}
	}()
	<-signals
	fmt.Println("processors", runtime.GOMAXPROCS(0))
}
