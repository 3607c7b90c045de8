package planview

import (
	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
)

// A Style says how text is set. The zero value sets it plain. Colour never carries anything alone: a symbol or a word is always beside it.
type Style struct {
	// Colour uses ANSI escapes; for terminals alone.
	Colour bool
}

const (
	ansiBold   = "1"
	ansiFaint  = "2"
	ansiRed    = "31"
	ansiGreen  = "32"
	ansiYellow = "33"
	ansiBlue   = "36"
)

func (s Style) set(code, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s Style) bold(text string) string  { return s.set(ansiBold, text) }
func (s Style) faint(text string) string { return s.set(ansiFaint, text) }

// op colours what is about an operation: green adds, red takes away, yellow changes, blue is a change of state.
func (s Style) op(op changeset.Op, text string) string {
	switch op {
	case changeset.Create:
		return s.set(ansiGreen, text)
	case changeset.Delete:
		return s.set(ansiRed, text)
	case changeset.Update:
		return s.set(ansiYellow, text)
	}
	return s.set(ansiBlue, text)
}

// level colours what is about a check.
func (s Style) level(l approval.Level, text string) string {
	switch {
	case l == approval.Stop || l == approval.HoldTwo:
		return s.set(ansiRed, text)
	case l.Holds():
		return s.set(ansiYellow, text)
	case l == approval.OK:
		return s.set(ansiGreen, text)
	}
	return text
}
