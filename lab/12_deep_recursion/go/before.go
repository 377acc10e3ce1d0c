//go:build ignore

// Recursive descent: the input's depth is the stack's.
package main

import "errors"

var errSyntax = errors.New("not a number, a list or a maximum")

type parser struct {
	text string
	at   int
}

func (p *parser) value() (int64, error) {
	if p.at == len(p.text) {
		return 0, errSyntax
	}
	switch p.text[p.at] {
	case '[':
		return p.items(']', func(all, one int64) int64 { return all + one })
	case '(':
		return p.items(')', func(all, one int64) int64 { return max(all, one) })
	default:
		return p.number()
	}
}

func (p *parser) number() (int64, error) {
	begin, result := p.at, int64(0)
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		result = result*10 + int64(p.text[p.at]-'0')
		p.at++
	}
	if p.at == begin {
		return 0, errSyntax
	}
	return result, nil
}

func (p *parser) items(end byte, join func(all, one int64) int64) (int64, error) {
	var result int64
	for {
		p.at++
		one, err := p.value()
		if err != nil {
			return 0, err
		}
		result = join(result, one)
		if p.at == len(p.text) || p.text[p.at] != ',' && p.text[p.at] != end {
			return 0, errSyntax
		}
		if p.text[p.at] == end {
			p.at++
			return result, nil
		}
	}
}

func main() {
	measure(func(text string) (int64, error) { return (&parser{text: text}).value() })
}
