package snapshot

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"
)

// Any part of a file reads as it was written, in whatever pieces that was; a byte that changed makes every read of its page an error, and no other.
func TestPages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		file := make([]byte, rapid.SampledFrom([]int{0, 1, pageSize - 1, pageSize, pageSize + 1, 3*pageSize + 77}).Draw(t, "size"))
		for i := range file {
			file[i] = byte(i * i >> 3)
		}
		var out bytes.Buffer
		w := &pageWriter{w: &out}
		for rest := file; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		sums := w.pages()
		if !bytes.Equal(out.Bytes(), file) || len(sums) != 8*((len(file)+pageSize-1)/pageSize) {
			t.Fatalf("%d bytes of sums for %d bytes", len(sums), len(file))
		}
		stored, wrong := bytes.Clone(file), -1
		if len(file) > 0 && rapid.Bool().Draw(t, "spoilt") {
			wrong = rapid.IntRange(0, len(file)-1).Draw(t, "where")
			stored[wrong] ^= 1
		}
		damaged := false
		r := &pageReader{r: bytes.NewReader(stored), size: int64(len(file)), sums: sums, damaged: func() { damaged = true }}
		off := rapid.IntRange(0, len(file)).Draw(t, "offset")
		p := make([]byte, rapid.IntRange(0, len(file)+10).Draw(t, "length"))
		n, err := r.ReadAt(p, int64(off))
		end := min(off+len(p), len(file))
		hit := wrong >= 0 && off < end && wrong/pageSize >= off/pageSize && wrong/pageSize <= (end-1)/pageSize
		switch {
		case hit != errors.Is(err, errDamaged) || hit != damaged:
			t.Fatalf("read from %d to %d, byte %d is wrong: %v", off, end, wrong, err)
		case hit && !bytes.Equal(p[:n], file[off:off+n]):
			t.Fatal("bytes of a spoilt page were given out")
		case !hit && (n != end-off || !bytes.Equal(p[:n], file[off:end])):
			t.Fatalf("%d bytes from %d, want %d", n, off, end-off)
		case !hit && (n < len(p)) != errors.Is(err, io.EOF):
			t.Fatalf("%d of %d bytes: %v", n, len(p), err)
		}
	})
}
