// Package tenantfile reads the YAML file in which a CSM writes down what was agreed with a tenant.
//
// It is strict, because what a file says and nobody honours is worse than what it does not say: an unknown key, a key given twice, a value of the wrong
// shape, a setting that is not honoured yet, text that is not UTF-8, and whatever tenant.File.Validate finds are all refused, all at once, each with its line.
//
// # YAML as people read it
//
// A text is taken as it is written, quoted or not: 012 is "012" and no number, yes and no are words, 06:00 is a time and not a number in base 60. Where a number is
// wanted, 012 is refused, since it is twelve to one reader and ten to another; true and false are spelt like that. What would make a file say something else than
// what stands in the place is refused: anchors and aliases, merge keys, tags, further documents. A byte-order mark, line ends of Windows and comments are fine.
//
// # What was accepted once
//
// Versions are kept for ever, and each import is read under its own. So that a stricter release does not stop a tenant over a version that an earlier one accepted, what is
// stored is read by [Stored]: a rule that only says what is accepted is not asked again, and a number such as 012, a tag or a contact listed twice is what it was then. An error
// is left for what can't be understood, such as a word or a key that this release does not know: guessing at whom to remove is worse than to stop. testdata/stored
// holds what earlier releases accepted; it grows and nothing leaves it.
//
// # What a file says, and what it is made of
//
// [Decode] answers for what a file says; [Digest] names that, so that a comment or another order of keys makes no new version of a tenant's file.
package tenantfile

import (
	"fmt"
	"slices"
	"strings"

	"rollcall.internal/internal/tenant"
)

// MaxBytes is the largest tenant file that is read.
const MaxBytes = 1 << 20

// A Problem is a reason why a file is refused.
type Problem struct {
	Line    int // counted from 1; 0: the whole file
	Path    string
	Message string
}

// String returns the problem as one line.
func (p Problem) String() string {
	switch {
	case p.Line == 0 && p.Path == "":
		return p.Message
	case p.Line == 0:
		return fmt.Sprintf("%s: %s", p.Path, p.Message)
	case p.Path == "":
		return fmt.Sprintf("line %d: %s", p.Line, p.Message)
	}
	return fmt.Sprintf("line %d: %s: %s", p.Line, p.Path, p.Message)
}

// An Error is why a file is refused: every problem of it, in the order of lines, at least one.
type Error struct{ Problems []Problem }

// Error returns one line a problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Decode returns a file that is to be applied, with its defaults filled in, or an *Error with everything that is wrong with it. What was applied is read by [Stored].
func Decode(data []byte) (tenant.File, error) { return decode(data, false) }

// Stored returns a version that was accepted once, with its defaults filled in. Whatever is only a rule of acceptance is not asked again; an *Error says what of it can't be
// understood by this release.
func Stored(source []byte) (tenant.File, error) { return decode(source, true) }

func decode(data []byte, stored bool) (tenant.File, error) {
	root, err := parse(data, stored)
	if err != nil {
		return tenant.File{}, err
	}
	d := &decoder{stored: stored, lines: map[string]int{}}
	f := d.file(root)
	d.validate(f)
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b Problem) int { return a.Line - b.Line })
		return tenant.File{}, &Error{Problems: d.problems}
	}
	return f, nil
}

// validate adds what the file's own rules find, where the reading has not already refused the same place or one around it.
func (d *decoder) validate(f tenant.File) {
	told := map[string]bool{}
	for _, p := range d.problems {
		told[p.Path] = true
	}
	for _, p := range f.Validate() {
		if !within(p.Path, told) && (p.Unclear || !d.stored) {
			d.problems = append(d.problems, Problem{Line: d.lineOf(p.Path), Path: p.Path, Message: p.Message})
		}
	}
}

// within reports whether path or a place around it is in paths.
func within(path string, paths map[string]bool) bool {
	for !paths[path] {
		if path == "" {
			return false
		}
		path = around(path)
	}
	return true
}

// lineOf returns the line of the setting at path, or of the nearest one around it.
func (d *decoder) lineOf(path string) int {
	for path != "" {
		if line, ok := d.lines[path]; ok {
			return line
		}
		path = around(path)
	}
	return 0
}

// around returns the path of the setting that holds the one at path; "" is the whole file.
func around(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }
