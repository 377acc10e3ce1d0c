//go:build ignore

// Package variables do it, one after the other, before main: backends, patterns, the cache. The setting is looked at in
// main.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
)

var dialled = func() bool {
	for range backends {
		if err := dialBackend(); err != nil {
			panic(err)
		}
	}
	return true
}()

var compiled = func() []*regexp.Regexp {
	all := make([]*regexp.Regexp, patterns)
	for i := range all {
		all[i] = compilePattern(i)
	}
	return all
}()

var cache = fillCache()

func main() {
	fmt.Println("main")
	if err := settingError(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	http.HandleFunc("/items/", func(w http.ResponseWriter, r *http.Request) {
		if !compiled[asked].MatchString(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, cache[asked])
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("ready", listener.Addr())
	http.Serve(listener, nil)
}
