// The Go twins of weft's micro benchmarks: the same rows, sizes and clock points, printed in the same form.
// Twin of bench/micro/harness.cc.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"
)

type row struct {
	name       string
	processors int
	body       func(name string)
}

var rows []row

func register(name string, processors int, body func(name string)) {
	rows = append(rows, row{name, processors, body})
}

var (
	target = 200 * time.Millisecond // a measurement takes at least so long
	quick  bool
)

type field struct {
	key   string
	value float64
}

func emit(name string, value float64, unit string, fields ...field) {
	var line strings.Builder
	fmt.Fprintf(&line, `{"name": "%s", "value": %.4g, "unit": "%s"`, name, value, unit)
	for _, f := range fields {
		fmt.Fprintf(&line, `, "%s": %.4g`, f.key, f.value)
	}
	fmt.Println(line.String() + "}")
}

// The next number of operations to try: 20 % beyond the target, at most ten times as many as before.
func nextCount(count int, elapsed time.Duration) int {
	each := float64(max(1, elapsed)) / float64(count)
	return min(max(int(1.2*float64(target)/each), count+1), count*10)
}

func timed(body func()) time.Duration {
	start := time.Now()
	body()
	return time.Since(start)
}

// Nanoseconds an operation takes: body(n) does n of them and returns how long that took.
func nanosecondsEach(body func(count int) time.Duration) float64 {
	for count := 256; ; {
		elapsed := body(count)
		if elapsed >= target {
			return float64(elapsed) / float64(count)
		}
		count = nextCount(count, elapsed)
	}
}

func emitEach(name string, body func(count int) time.Duration) {
	emit(name, nanosecondsEach(body), "ns")
}

// Prints p99 as the value, with p50, max and the number of samples.
func emitLateness(name string, samples []time.Duration) {
	if len(samples) == 0 {
		samples = append(samples, 0)
	}
	sort.Slice(samples, func(i, j int) bool { return samples[i] < samples[j] })
	percentile := func(fraction float64) float64 {
		return float64(samples[int(fraction*float64(len(samples)-1))]) / 1e6
	}
	emit(name, percentile(0.99), "ms",
		field{"p50", percentile(0.5)}, field{"max", percentile(1)}, field{"samples", float64(len(samples))})
}

type memory struct{ resident, pageTables float64 }

func readMemory() memory {
	text, _ := os.ReadFile("/proc/self/status")
	var result memory
	for _, line := range strings.Split(string(text), "\n") {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f", &kilobytes); n == 1 {
			result.resident = kilobytes * 1024
		}
		if n, _ := fmt.Sscanf(line, "VmPTE: %f", &kilobytes); n == 1 {
			result.pageTables = kilobytes * 1024
		}
	}
	return result
}

const stepsOf100Nanoseconds = 100

//go:noinline
func burn(steps int, seed uint64) uint64 {
	for i := 0; i < steps; i++ {
		seed = seed*6364136223846793005 + 1442695040888963407
	}
	return seed
}

func million() int {
	if quick {
		return 100_000
	}
	return 1_000_000
}

func main() {
	list := flag.Bool("list", false, "print the rows")
	name := flag.String("row", "", "run this row")
	flag.BoolVar(&quick, "quick", false, "fewer, shorter")
	flag.Parse()
	if quick {
		target = 40 * time.Millisecond
	}
	for _, r := range rows {
		if *list {
			fmt.Println(r.name)
		} else if r.name == *name {
			runtime.GOMAXPROCS(r.processors)
			r.body(r.name)
			return
		}
	}
	if !*list {
		fmt.Fprintf(os.Stderr, "no row '%s'; --list prints those there are\n", *name)
		os.Exit(2)
	}
}
