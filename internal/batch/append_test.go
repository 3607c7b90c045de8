package batch

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/roster"
)

// drawBlock returns a block of three fields, the second of which is the address, with rows of every kind.
func drawBlock(t *rapid.T, fields []roster.Field) *Block {
	b := NewBlock(len(fields))
	for i := range rapid.IntRange(0, 20).Draw(t, "rows") {
		row := Row{Number: i + 2, Aside: rapid.IntRange(0, 3).Draw(t, "aside") == 0, Email: rapid.StringMatching(`[a-cA-C]{0,3}`).Draw(t, "email")}
		if !row.Aside {
			row.Cells = []Cell{{Text: rapid.StringMatching(`[a-z]{0,40}`).Draw(t, "cell")}, {Text: row.Email}, {Absent: rapid.Bool().Draw(t, "absent")}}
		}
		if err := b.Add(row, fields, 7); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// A block that is put together of parts of another one is that one.
func TestAppendRange(t *testing.T) {
	t.Parallel()
	fields := []roster.Field{roster.City, roster.Email, roster.Country}
	rapid.Check(t, func(t *rapid.T) {
		whole := drawBlock(t, fields)
		parts := NewBlock(len(fields))
		for from := 0; from < whole.Rows(); {
			to := rapid.IntRange(from, whole.Rows()).Draw(t, "to")
			parts.AppendRange(whole, from, to)
			from = to
		}
		if diff := cmp.Diff(rowsOf(whole), rowsOf(parts)); diff != "" {
			t.Fatalf("rows differ (-whole +parts):\n%s", diff)
		}
	})
}

// rowsOf returns all that a block says of its rows.
func rowsOf(b *Block) (rows [][]any) {
	for i := range b.Rows() {
		row := []any{b.Number[i], b.Kind[i], b.State[i], b.IDKey[i], b.EmailKey[i], b.RowHi[i], b.RowLo[i], b.LineHi[i], b.LineLo[i], b.Offset[i], b.Length[i], string(b.UniqueID.Bytes(i)), string(b.Email.Bytes(i))}
		for k := range b.Cells {
			if len(b.Cells[k].Offsets) > 0 {
				row = append(row, string(b.Cells[k].Bytes(i)), b.Cells[k].Null(i))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// AppendWithin adds what Append adds, whatever room there is.
func TestAppendWithin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		buf := rapid.SliceOfN(rapid.Byte(), 100, 200).Draw(t, "bytes")
		fast, slow := Texts{Data: make([]byte, 0, rapid.IntRange(0, 100).Draw(t, "room"))}, Texts{}
		for range rapid.IntRange(1, 9).Draw(t, "texts") {
			from := rapid.IntRange(0, 60).Draw(t, "from")
			to := rapid.IntRange(from, 67).Draw(t, "to")
			fast.AppendWithin(buf, from, to)
			slow.Append(buf[from:to])
		}
		if !bytes.Equal(fast.Data, slow.Data) || !cmp.Equal(fast.Offsets, slow.Offsets) {
			t.Fatalf("%v %v, want %v %v", fast.Data, fast.Offsets, slow.Data, slow.Offsets)
		}
	})
}

// The key of an address is that of its folded form.
func TestKeysOfAddressesAreFolded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.StringMatching(`[ ]?[A-Ca-cZz@\x5B-\x60éÉß .]{0,6}([A-Z]{250,260})?`).Draw(t, "address")
		if got, want := Seed(3).Email([]byte(address)), Seed(3).Key([]byte(roster.FoldEmail(address))); got != want {
			t.Fatalf("%q has the key %x, its folded form %x", address, got, want)
		}
	})
}
