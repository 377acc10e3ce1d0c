// Package twin is what every Go program of the lab shares: arguments, clocks, work, memory figures and the one JSON line.
// Its C++ counterpart is lab/support; the two take the same arguments, compute the same and name their measures alike.
package twin

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var arguments = parse(os.Args[1:])

func parse(words []string) map[string]string {
	values := map[string]string{}
	if len(words)%2 != 0 {
		fail("arguments are pairs: --name value")
	}
	for i := 0; i < len(words); i += 2 {
		name, found := strings.CutPrefix(words[i], "--")
		if !found {
			fail(fmt.Sprintf("'%s': an argument's name starts with --", words[i]))
		}
		values[name] = words[i+1]
	}
	return values
}

func fail(text string) {
	fmt.Fprintf(os.Stderr, "%s: %s\n", os.Args[0], text)
	os.Exit(2)
}

// Text returns an argument that must be there.
func Text(name string) string {
	value, found := arguments[name]
	if !found {
		fail("--" + name + " is missing")
	}
	return value
}

// Integer returns an argument that must be there and be a whole number.
func Integer(name string) int {
	value, err := strconv.Atoi(Text(name))
	if err != nil {
		fail(fmt.Sprintf("--%s '%s': not a whole number", name, Text(name)))
	}
	return value
}

// Nanoseconds, Microseconds and Milliseconds read an argument in the unit that its name ends in.
func Nanoseconds(name string) time.Duration  { return time.Duration(Integer(name)) }
func Microseconds(name string) time.Duration { return time.Duration(Integer(name)) * time.Microsecond }
func Milliseconds(name string) time.Duration { return time.Duration(Integer(name)) * time.Millisecond }

// Burn is CPU work that no compiler shortens: each round depends on the one before.
func Burn(rounds int, seed uint64) uint64 {
	x := seed | 1
	for range rounds {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// PerOperation repeats `block`, which does `operations` of them, until `least` has passed; it returns ns an operation.
func PerOperation(least time.Duration, operations int, block func()) float64 {
	blocks := 0
	start := time.Now()
	for {
		block()
		blocks++
		if passed := time.Since(start); passed >= least {
			return float64(passed.Nanoseconds()) / float64(blocks) / float64(operations)
		}
	}
}

// Percentile returns the value below which `share` (0..1) of the values lie; it sorts them.
func Percentile(values []int64, share float64) int64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[min(int(share*float64(len(values))), len(values)-1)]
}

// PeakResidentBytes is the most memory that the process ever had resident.
func PeakResidentBytes() int64 {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		fail(err.Error())
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib * 1024
		}
	}
	return 0
}

// PageFaults counts the pages that the process touched for the first time.
func PageFaults() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err.Error())
	}
	return usage.Minflt
}

// Report holds the measures of one run.
type Report map[string]any

// Print writes the one JSON line that the harness reads.
func (r Report) Print() {
	line, err := json.Marshal(r)
	if err != nil {
		fail(err.Error())
	}
	fmt.Println(string(line))
}
