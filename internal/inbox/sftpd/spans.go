package sftpd

import (
	"errors"
	"slices"
)

// maxSpans bounds how scattered a client may write: clients keep at most some hundred writes under way.
const maxSpans = 4096

var errScattered = errors.New("too many gaps")

// A span is the bytes from From up to, but not including, To.
type span struct{ from, to int64 }

// Spans are the bytes of a file that were written: in order, apart from each other. The zero value holds none.
type spans []span

// add notes that the bytes from from to to were written.
func (s *spans) add(from, to int64) error {
	if from >= to {
		return nil
	}
	// first is the first span that ends at or after from, and last the one before the first that begins after to: these merge.
	first, _ := slices.BinarySearchFunc(*s, from, func(x span, at int64) int {
		if x.to < at {
			return -1
		}
		return 1
	})
	last := first
	for last < len(*s) && (*s)[last].from <= to {
		from, to = min(from, (*s)[last].from), max(to, (*s)[last].to)
		last++
	}
	if first == last && len(*s) >= maxSpans {
		return errScattered
	}
	*s = slices.Replace(*s, first, last, span{from, to})
	return nil
}

// cut forgets all bytes from size on.
func (s *spans) cut(size int64) {
	for i, x := range *s {
		if x.to > size {
			kept := (*s)[:i]
			if x.from < size {
				kept = append(kept, span{x.from, size})
			}
			*s = kept
			return
		}
	}
}

// prefix returns how many bytes there are from the start without a hole.
func (s spans) prefix() int64 {
	if len(s) == 0 || s[0].from > 0 {
		return 0
	}
	return s[0].to
}
