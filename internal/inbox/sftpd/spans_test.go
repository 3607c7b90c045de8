package sftpd

import (
	"testing"

	"pgregory.net/rapid"
)

// Spans are compared with a plain set of bytes.
func TestSpans(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const size = 64
		var s spans
		var set [size]bool
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			at := rapid.Int64Range(0, size).Draw(t, "at")
			if rapid.Bool().Draw(t, "cut") {
				s.cut(at)
				clear(set[at:])
				continue
			}
			to := rapid.Int64Range(0, size).Draw(t, "to")
			if err := s.add(at, to); err != nil {
				t.Fatal(err)
			}
			for i := at; i < to; i++ {
				set[i] = true
			}
			var got [size]bool
			end := int64(-1)
			for _, x := range s {
				if x.from <= end || x.from >= x.to {
					t.Fatalf("spans %v are not apart, in order and not empty", s)
				}
				end = x.to
				for i := x.from; i < x.to; i++ {
					got[i] = true
				}
			}
			if got != set {
				t.Fatalf("spans %v, want the bytes %v", s, set)
			}
		}
		prefix := int64(0)
		for prefix < size && set[prefix] {
			prefix++
		}
		if got := s.prefix(); got != prefix {
			t.Fatalf("prefix of %v is %d, want %d", s, got, prefix)
		}
	})
}

func TestSpansAreBounded(t *testing.T) {
	t.Parallel()
	var s spans
	for i := range int64(maxSpans) {
		if err := s.add(2*i, 2*i+1); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.add(3*maxSpans, 3*maxSpans+1); err == nil {
		t.Error("spans grow without bound")
	}
	if err := s.add(1, 2); err != nil {
		t.Errorf("filling a gap: %v", err)
	}
}
