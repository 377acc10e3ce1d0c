package main

import (
	"strconv"
	"sync"
)

type event struct {
	id     uint64
	name   string
	fields []uint64
	next   *event
}

func init() {
	register("03", freshEvents, pooledEvents)
}

// Three stages, unbuffered, and a fresh event at each.
func freshEvents() {
	parsed, enriched := make(chan *event), make(chan *event)
	go func() {
		for id := uint64(0); ; id++ {
			parsed <- &event{id: id, name: "event " + strconv.FormatUint(id, 10), fields: make([]uint64, 16)}
		}
	}()
	go func() {
		for one := range parsed {
			copied := &event{id: one.id, name: one.name + "!", fields: append([]uint64(nil), one.fields...), next: one}
			enriched <- copied
		}
	}()
	go func() {
		for one := range enriched {
			last = one
		}
	}()
}

var last *event

// The same with slices of events that come back.
func pooledEvents() {
	const batch = 256
	pool := sync.Pool{New: func() any {
		events := make([]event, batch)
		for i := range events {
			events[i].fields = make([]uint64, 16)
		}
		return &events
	}}
	parsed, enriched := make(chan *[]event, 8), make(chan *[]event, 8)
	go func() {
		for id := uint64(0); ; {
			events := pool.Get().(*[]event)
			for i := range *events {
				id++
				(*events)[i].id, (*events)[i].name = id, "event"
			}
			parsed <- events
		}
	}()
	go func() {
		for events := range parsed {
			for i := range *events {
				(*events)[i].fields[0] = work((*events)[i].id, 30)
			}
			enriched <- events
		}
	}()
	go func() {
		for events := range enriched {
			for i := range *events {
				sum += (*events)[i].fields[0]
			}
			pool.Put(events)
		}
	}()
}

var sum uint64
