//go:build ignore

// Nothing is said of processors: the container's quota decides, now and when it changes.
package main

func main() { serve() }
