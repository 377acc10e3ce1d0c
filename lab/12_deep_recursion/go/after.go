//go:build ignore

// Iterative, with a stack of open brackets of its own (from a pool) and a limit on their number.
package main

import (
	"errors"
	"sync"

	"weftlab/support/go"
)

var (
	errSyntax  = errors.New("not a number, a list or a maximum")
	errTooDeep = errors.New("nested too deep")
)

type open struct {
	result int64
	end    byte
}

func closing(bracket byte) byte {
	if bracket == '[' {
		return ']'
	}
	return ')'
}

func (o *open) add(value int64) {
	if o.end == ']' {
		o.result += value
	} else {
		o.result = max(o.result, value)
	}
}

var stacks = sync.Pool{New: func() any { return new([]open) }}

func parse(text string, depthLimit int) (int64, error) {
	pooled := stacks.Get().(*[]open)
	stack := (*pooled)[:0]
	defer func() {
		*pooled = stack
		stacks.Put(pooled)
	}()
	for at := 0; at < len(text); {
		switch c := text[at]; {
		case c == '[' || c == '(':
			if len(stack) == depthLimit {
				return 0, errTooDeep
			}
			stack = append(stack, open{end: closing(c)})
			at++
			continue
		case c < '0' || c > '9':
			return 0, errSyntax
		}
		value := int64(0)
		for at < len(text) && text[at] >= '0' && text[at] <= '9' {
			value = value*10 + int64(text[at]-'0')
			at++
		}
		for {
			if len(stack) == 0 {
				if at != len(text) {
					return 0, errSyntax
				}
				return value, nil
			}
			top := &stack[len(stack)-1]
			top.add(value)
			if at == len(text) || text[at] != ',' && text[at] != top.end {
				return 0, errSyntax
			}
			at++
			if text[at-1] == ',' {
				break
			}
			value = top.result
			stack = stack[:len(stack)-1]
		}
	}
	return 0, errSyntax
}

func main() {
	limit := twin.Integer("depth-limit")
	measure(func(text string) (int64, error) { return parse(text, limit) })
}
