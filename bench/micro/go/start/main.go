// Prints CLOCK_MONOTONIC as main begins. A package of its own and pure Go: the twins' cgo would cost it start time.
package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

func main() {
	const clockMonotonic = 1
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	fmt.Println(now.Nano())
}
