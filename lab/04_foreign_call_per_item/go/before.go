//go:build ignore

// One C call an item.
package main

// #cgo CFLAGS: -O2 -I${SRCDIR}/..
// #include "foreign.h"
import "C"

import "weftlab/support/go"

func pass(input []C.struct_lab_item) tally {
	var result tally
	for i := range input {
		var score C.int64_t
		if C.lab_score(input[i].id, input[i].amount, &score) != C.LAB_OK {
			result.failed++
		} else {
			result.sum += int64(score)
		}
	}
	return result
}

func main() {
	report := twin.Report{}
	measure(report, pass)
	measureOthers(report)
	report.Print()
}
