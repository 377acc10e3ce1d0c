package main

import (
	"os"
	"regexp"
	"strings"
	"time"
)

// Before main only where the arguments ask for it: `-scenario 01 -mode before`.
var patterns = bootWork()

func bootWork() []*regexp.Regexp {
	arguments := strings.Join(os.Args, " ")
	if !strings.Contains(arguments, "-scenario 01") || strings.Contains(arguments, "-mode after") {
		return nil
	}
	return compilePatterns()
}

func compilePatterns() []*regexp.Regexp {
	var compiled []*regexp.Regexp
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); {
		compiled = append(compiled, regexp.MustCompile(`^(?:[a-z]{1,20}\.){1,20}[a-z]{2,12}$`))
	}
	return compiled[:1]
}

func init() {
	register("01", func() {}, func() { go compilePatterns() })
}
