// A Go service with one known illness at a time, for tests/doctor/live_go.py: it serves net/http/pprof, expvar and a
// metrics page on loopback, says where on stdout, says "ready" once the illness shows, and ends by itself.
//
//	live -scenario 03 -mode before|after [-metrics default|all|none] [-seconds 120]
package main

import (
	_ "expvar"
	"flag"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"time"
)

// Each starts its work beside the caller, and returns once the state is reached that the doctor is to see.
type scenario struct {
	before, after func()
}

var scenarios = map[string]scenario{}

func register(name string, before, after func()) {
	scenarios[name] = scenario{before, after}
}

func main() {
	name := flag.String("scenario", "", "which one")
	mode := flag.String("mode", "before", "before: the careless program; after: the careful one")
	set := flag.String("metrics", "all", "the metrics page: all of runtime/metrics, client_golang's default, or none")
	seconds := flag.Int("seconds", 120, "ends by itself after so long")
	flag.Parse()
	chosen, there := scenarios[*name]
	if !there {
		fmt.Fprintln(os.Stderr, "live: no such scenario:", *name)
		os.Exit(2)
	}
	time.AfterFunc(time.Duration(*seconds)*time.Second, func() { os.Exit(3) })
	serve(*set)
	if *mode == "after" {
		chosen.after()
	} else {
		chosen.before()
	}
	fmt.Println("ready")
	select {}
}

func serve(set string) {
	if set != "none" {
		http.Handle("/metrics", metricsPage(set == "all"))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(2)
	}
	fmt.Println("listening", listener.Addr())
	go func() { fmt.Fprintln(os.Stderr, "live:", http.Serve(listener, nil)) }()
}
