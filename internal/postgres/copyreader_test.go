package postgres

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// copyOf is rows in the binary format of COPY.
func copyOf(rows [][][]byte) []byte {
	out := append(append([]byte(nil), copySignature...), make([]byte, 8)...)
	for _, row := range rows {
		out = binary.BigEndian.AppendUint16(out, uint16(len(row)))
		for _, v := range row {
			if v == nil {
				out = binary.BigEndian.AppendUint32(out, 0xFFFFFFFF)
				continue
			}
			out = append(binary.BigEndian.AppendUint32(out, uint32(len(v))), v...)
		}
	}
	return binary.BigEndian.AppendUint16(out, 0xFFFF)
}

// However a copy comes in pieces, the rows come out; cut short it has no end, and changed anywhere it makes nothing but an error or other rows.
func TestCopyReader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(0, 4).Draw(t, "columns")
		value := rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOfN(rapid.Byte(), 0, 20))
		want := rapid.SliceOfN(rapid.SliceOfN(value, columns, columns), 0, 5).Draw(t, "rows")
		var got [][][]byte
		r := &copyReader{columns: columns, row: func(values [][]byte) error {
			var row [][]byte
			for _, v := range values {
				row = append(row, bytes.Clone(v))
			}
			got = append(got, row)
			return nil
		}}
		file := copyOf(want)
		for rest := file; len(rest) > 0; {
			if r.end() == nil {
				t.Fatal("it ended early")
			}
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if _, err := r.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := r.end(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(len(got), len(want)); diff != "" {
			t.Fatal(diff)
		}
		for i := range want {
			for k := range want[i] {
				if !bytes.Equal(got[i][k], want[i][k]) || (got[i][k] == nil) != (want[i][k] == nil) {
					t.Fatalf("row %d, column %d: %v, want %v", i, k, got[i][k], want[i][k])
				}
			}
		}
		if _, err := r.Write([]byte{0}); !errors.Is(err, errCopy) {
			t.Fatalf("bytes after the end: %v", err)
		}
		spoilt := bytes.Clone(file)
		spoilt[rapid.IntRange(0, len(file)-1).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "how"))
		_, _ = (&copyReader{columns: columns, row: func([][]byte) error { return nil }}).Write(spoilt)
	})
}
