//go:build ignore

// What App does, by hand: the setting first, backends side by side, patterns when they are first needed, the cache in
// the background.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
)

func main() {
	fmt.Println("main")
	if err := settingError(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(78)
	}
	var compiled [patterns]func() *regexp.Regexp
	for i := range compiled {
		compiled[i] = sync.OnceValue(func() *regexp.Regexp { return compilePattern(i) })
	}
	var cache atomic.Pointer[[]uint64]
	http.HandleFunc("/items/", func(w http.ResponseWriter, r *http.Request) {
		if !compiled[asked]().MatchString(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		if filled := cache.Load(); filled != nil {
			fmt.Fprint(w, (*filled)[asked])
		} else {
			fmt.Fprint(w, cacheEntry(asked))
		}
	})
	failed := make(chan error, backends)
	var started sync.WaitGroup
	for range backends {
		started.Add(1)
		go func() {
			defer started.Done()
			if err := dialBackend(); err != nil {
				failed <- err
			}
		}()
	}
	started.Wait()
	select {
	case err := <-failed:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	default:
	}
	go func() {
		filled := fillCache()
		cache.Store(&filled)
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("ready", listener.Addr())
	http.Serve(listener, nil)
}
