//go:build ignore

// Recursive descent: the input's depth is the stack's.
package main

import "errors"

var errSyntax = errors.New("not a number, a list or a maximum")

type parser struct {
	text string
	at   int
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

func (p *parser) value() (int64, error) {
	if p.at == len(p.text) || p.text[p.at] != '[' && p.text[p.at] != '(' {
		return p.number()
	}
	list := p.text[p.at] == '['
	var result int64
	for {
		p.at++
		one, err := p.value()
		if err != nil {
			return 0, err
		}
		if list {
			result += one
		} else {
			result = max(result, one)
		}
		if p.at == len(p.text) {
			return 0, errSyntax
		}
		switch c := p.text[p.at]; {
		case c == ',':
		case c == ']' && list, c == ')' && !list:
			p.at++
			return result, nil
		default:
			return 0, errSyntax
		}
	}
}

func (p *parser) document() (int64, error) {
	result, err := p.value()
	if err == nil && p.at != len(p.text) {
		return 0, errSyntax
	}
	return result, err
}

func main() {
	measure(func(text string) (int64, error) { return (&parser{text: text}).document() })
}
