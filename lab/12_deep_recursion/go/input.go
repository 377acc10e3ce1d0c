//go:build ignore

package main

import (
	"fmt"
	"strings"

	"weftlab/support/go"
)

// nested makes `[1,(1,[1,( ... 1 ... )])]`: lists (a sum) and maxima (the largest) in turn, `depth` of them.
func nested(depth int) string {
	var text strings.Builder
	for level := range depth {
		text.WriteString([]string{"[1,", "(1,"}[level%2])
	}
	text.WriteByte('1')
	for level := depth - 1; level >= 0; level-- {
		text.WriteByte("])"[level%2])
	}
	return text.String()
}

// measure parses on a fresh goroutine each time: 60 deep, then 10,000 deep; or, for the overflow, once very deep.
func measure(parse func(text string) (int64, error)) {
	fresh := func(text string) (int64, error) {
		type answer struct {
			value int64
			err   error
		}
		done := make(chan answer)
		go func() {
			value, err := parse(text)
			done <- answer{value, err}
		}()
		result := <-done
		return result.value, result.err
	}
	if twin.Text("phase") == "overflow" {
		report := twin.Report{"outcome": "parsed"}
		if _, err := fresh(nested(twin.Integer("depth"))); err != nil {
			report["outcome"] = "refused"
			report["message"] = err.Error()
		}
		report.Print()
		return
	}
	report := twin.Report{}
	for _, name := range []string{"shallow", "deep"} {
		text, parses := nested(twin.Integer(name+"-depth")), twin.Integer(name+"-parses")
		value, err := fresh(text)
		if err != nil {
			panic(err)
		}
		report[name+"_value"] = value
		done, faults := 0, twin.PageFaults()
		report[name+"_ns"] = twin.PerOperation(twin.Milliseconds("measure-ms"), parses, func() {
			done += parses
			for range parses {
				if again, _ := fresh(text); again != value {
					panic(fmt.Sprint("another value: ", again))
				}
			}
		})
		report[name+"_faults"] = float64(twin.PageFaults()-faults) / float64(done)
	}
	report["peak_rss_mb"] = float64(twin.PeakResidentBytes()) / 1e6
	report.Print()
}
