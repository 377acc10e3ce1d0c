//go:build ignore

// One C call a batch; each item keeps its own error.
package main

// #cgo CFLAGS: -O2 -I${SRCDIR}/..
// #include "foreign.h"
import "C"

import "weftlab/support/go"

func pass(input []C.struct_lab_item) tally {
	size := twin.Integer("batch")
	scores, errors := make([]C.int64_t, size), make([]C.int, size)
	var result tally
	for from := 0; from < len(input); from += size {
		batch := input[from:min(from+size, len(input))]
		C.lab_score_batch(&batch[0], C.size_t(len(batch)), &scores[0], &errors[0])
		for i := range batch {
			if errors[i] != C.LAB_OK {
				result.failed++
			} else {
				result.sum += int64(scores[i])
			}
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
