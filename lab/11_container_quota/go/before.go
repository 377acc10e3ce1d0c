//go:build ignore

// As many processors as the host has cores, whatever the container grants.
package main

import (
	"runtime"

	"weftlab/support/go"
)

func main() {
	runtime.GOMAXPROCS(twin.Integer("host-cores"))
	serve()
}
