package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// An excerpt passes on the lines of a command's output as they come, and cuts the widest. Of the people whom a plan lists, a line each that begins with a symbol, it shows
// the first few of each symbol and says at the end how many it left out.
type excerpt struct {
	out     io.Writer
	partial []byte
	symbols []string       // in the order in which they came
	lines   map[string]int // by symbol
}

// Bounds of an excerpt.
const (
	excerptLines = 4   // of one symbol
	excerptWidth = 150 // characters of a line
)

// Write implements io.Writer.
func (e *excerpt) Write(p []byte) (int, error) {
	e.partial = append(e.partial, p...)
	for {
		line, rest, whole := bytes.Cut(e.partial, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		e.line(string(line))
		e.partial = rest
	}
}

func (e *excerpt) line(line string) {
	if symbol := symbolOf(line); symbol != "" {
		if e.lines == nil {
			e.lines = map[string]int{}
		}
		if e.lines[symbol]++; e.lines[symbol] == 1 {
			e.symbols = append(e.symbols, symbol)
		}
		if e.lines[symbol] > excerptLines {
			return
		}
	}
	if runes := []rune(line); len(runes) > excerptWidth {
		line = string(runes[:excerptWidth-1]) + "…"
	}
	_, _ = fmt.Fprintln(e.out, line)
}

// close passes on what is left.
func (e *excerpt) close() {
	if len(e.partial) > 0 {
		e.line(string(e.partial))
		e.partial = nil
	}
	var more []string
	for _, symbol := range e.symbols {
		if n := e.lines[symbol] - excerptLines; n > 0 {
			more = append(more, fmt.Sprintf("%d %s", n, symbol))
		}
	}
	if len(more) > 0 {
		_, _ = fmt.Fprintf(e.out, "… and more of them: %s\n", strings.Join(more, ", "))
	}
}

// symbolOf is the symbol of a line about a person, "" for other lines. The counts of a plan begin with the same symbols and are indented.
func symbolOf(line string) string {
	symbol, size := utf8.DecodeRuneInString(line)
	if strings.ContainsRune("+~-<>^", symbol) && strings.HasPrefix(line[size:], " ") {
		return string(symbol)
	}
	return ""
}
