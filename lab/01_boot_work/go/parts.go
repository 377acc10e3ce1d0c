//go:build ignore

package main

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"

	"weftlab/support/go"
)

const (
	backends     = 3
	patterns     = 60
	cacheEntries = 100
	asked        = 7
)

// settingError says what is wrong with the settings; nil: nothing.
func settingError() error {
	text := os.Getenv("LAB_WORKERS")
	if workers, err := strconv.Atoi(text); err == nil && workers >= 1 {
		return nil
	}
	return fmt.Errorf("LAB_WORKERS=%s: a number of 1 or more is needed", text)
}

// dialBackend connects and waits to be greeted.
func dialBackend() error {
	connection, err := net.Dial("tcp", os.Getenv("LAB_BACKEND"))
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = connection.Read(make([]byte, 1))
	return err
}

func compilePattern(number int) *regexp.Regexp {
	return regexp.MustCompile(`^/items/(\d+)/part` + strconv.Itoa(number) + `/([a-z]+|\p{Greek}{2,5})(?:\?(\w+)=(\w*))?$`)
}

func cacheEntry(number int) uint64 {
	rounds, _ := strconv.Atoi(os.Getenv("LAB_CACHE_ROUNDS"))
	return twin.Burn(rounds/cacheEntries, uint64(number))
}

func fillCache() []uint64 {
	cache := make([]uint64, cacheEntries)
	for i := range cache {
		cache[i] = cacheEntry(i)
	}
	return cache
}
