//go:build cgo

package main

/*
#include <stddef.h>
static int one(int item) { return item * 2 + 1; }
static void many(int *items, size_t count) {
  for (size_t round = 0; round < 16; ++round) {
    for (size_t i = 0; i < count; ++i) items[i] = items[i] * 2 + 1;
  }
}
*/
import "C"

func init() {
	register("04", func() {
		go func() {
			item := C.int(0)
			for {
				item = C.one(item)
			}
		}()
	}, func() {
		go func() {
			items := make([]C.int, 4096)
			for {
				C.many(&items[0], C.size_t(len(items)))
			}
		}()
	})
}
