package intake

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// FuzzCut cuts whatever comes into blocks: joined they are the file but for what could not be cut, each ends with a line end that an even number of quotes stands in front of,
// and a scanner finds as many records and lines in a block whose quotes are well.
func FuzzCut(f *testing.F) {
	f.Add([]byte("a,b\nc,\"d\ne\"\nf"), uint8(6), uint8(1))
	f.Add([]byte("\"\"\n\n\r\n\"a\"\"b\"\n"), uint8(3), uint8(2))
	f.Fuzz(func(t *testing.T, file []byte, size, chunk uint8) {
		s := newScanner(iotest.HalfReader(bytes.NewReader(file)), ',', int64(len(file)+1000))
		if _, err := s.peek(int(chunk)); err != nil {
			t.Fatal(err)
		}
		c := cutter{scan: s, size: int(size) + 1, row: 1, line: 1}
		var all []byte
		for {
			b, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			if b == nil {
				break
			}
			text := b.text()
			if b.offset != int64(len(all)) || text[len(text)-1] != '\n' || bytes.Count(text, []byte{'"'})%2 != 0 || b.lines != bytes.Count(text, newline) {
				t.Fatalf("a block at %d with %d lines is %q", b.offset, b.lines, text)
			}
			if n, well := countRecords(t, text); well && n != b.records {
				t.Fatalf("%d records in %q, counted %d", n, text, b.records)
			}
			all = append(all, text...)
		}
		if !bytes.HasPrefix(file, append(all, c.carry...)) {
			t.Fatalf("the blocks are %q of %q", all, file)
		}
		s.putBack(bytes.Clone(c.carry))
		for {
			rest, err := s.peek(1)
			if err != nil {
				t.Fatal(err)
			}
			if len(rest) == 0 {
				break
			}
			all = append(all, rest[0])
			s.skip(1)
		}
		if !bytes.Equal(all, file) {
			t.Fatalf("blocks and rest are %q, the file %q", all, file)
		}
	})
}

func countRecords(t *testing.T, text []byte) (n int, well bool) {
	t.Helper()
	s := newScanner(bytes.NewReader(text), ',', int64(len(text)+1))
	for well = true; ; n++ {
		rec, err := s.next()
		if err != nil {
			t.Fatal(err)
		}
		if rec == nil {
			return n, well
		}
		well = well && rec.fault == wellQuoted && !rec.loneCR
	}
}

// What is taken for a plain cell comes to itself when it is read strictly, and what is a date to the one is to the other.
func TestPlainCellsAreReadAsTheyAre(t *testing.T) {
	t.Parallel()
	signs := []string{"a", "E", "e", "1", "+", "-", ".", "#", "/", " ", "@", "é", "Ã", "â", "ï", "Ä", "ł", "š", "Œ", "ž", "ƒ", "€", "\u0301", "\u00A0", "\u0085", "\uFEFF", "\u200B", "ＡÅ", "\uFFFD", "ŉ", "ſ", "\xC3", "\xA9", "\u3164"}
	column := func(f roster.Field) mapping.Column {
		return mapping.Column{Title: string(f), Field: f, Unknown: mapping.UnknownHold, Blank: mapping.BlankClear}
	}
	o := Options{Mapping: mapping.Mapping{Columns: []mapping.Column{column(roster.City), column(roster.UniqueID), column(roster.Email), column(roster.HireStartDate)}}}
	r := newReader(strings.NewReader(""), o)
	r.rows = newRowBuffer(o.Mapping.Fields(), 0, true)
	for i := range r.columns {
		r.columns[i].at = i
	}
	w := newWorker(r, true, cacheBytes)
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(signs), 1, 6).Draw(t, "text"), "")
		switch rapid.IntRange(0, 3).Draw(t, "like") {
		case 0:
			text = rapid.StringMatching(`[+-]?[1-9]([.,][0-9]+)?[eE][+-]?[0-9]{1,3}`).Draw(t, "number")
		case 1:
			text = rapid.StringMatching(`[a-c_.-]{1,3}@[a-c.-]{1,4}\.[a-c0]{1,2}`).Draw(t, "address")
		}
		for i := range w.columns {
			c := &w.columns[i]
			if !c.isPlain([]byte(text)) {
				continue
			}
			plain++
			if v := w.valueOf(c.column, text); v.odd || v.absent || string(v.text) != text {
				t.Fatalf("%q of %s comes to %q, odd: %t", text, c.column.Field, v.text, v.odd)
			}
		}
	})
	if plain == 0 {
		t.Error("nothing was plain")
	}
}

// Dates are those of the calendar, of which package time is the judge.
func TestDatesAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	for _, year := range []int{0, 1899, 1900, 1904, 1999, 2000, 2023, 2024, 2100, 2199, 2200, 9999} {
		for month := range 20 {
			for day := range 40 {
				text := fmt.Sprintf("%02d/%02d/%04d", month, day, year)
				_, want := calendarDate(text[6:], text[:2], text[3:5])
				stored, ok := parseDate(text)
				if ok != want || ok && stored != text[6:]+"-"+text[:2]+"-"+text[3:5] {
					t.Errorf("%s is read as %q, %t", text, stored, ok)
				}
			}
		}
	}
	for at := range len(fileDate) {
		for c := range 256 {
			text := []byte("11/11/2011")
			text[at] = byte(c)
			_, err := time.Parse(fileDate, string(text))
			_, inRange := calendarDate(string(text[6:]), "01", "01")
			if _, ok := parseDate(string(text)); ok != (err == nil && inRange) {
				t.Errorf("%q is a date: %t", text, ok)
			}
		}
	}
}

// Claims are found by their keys, in memory as in the file, however many there are.
func TestClaimsAreFound(t *testing.T) {
	t.Parallel()
	const rows, repeat = 60_000, 997
	var l claimLog
	defer l.close()
	fields := []roster.Field{roster.Email, roster.UniqueID}
	b := newRowBuffer(fields, 0, true)
	var want []string
	for i := range rows {
		n := i
		if i%repeat == 0 && i > 0 {
			n = i - 1
			want = append(want, fmt.Sprintf("%d p%d", i-1, n), fmt.Sprintf("%d p%d", i, n))
		}
		id, address := fmt.Sprintf("p%d", n), fmt.Sprintf("p%d@acme.example", i)
		if err := b.add(batch.Row{Number: i, UniqueID: id, Email: address, Cells: []batch.Cell{{Text: address}, {Text: id}}}, rowNote{by: byID | byEmail, content: batch.Hash{Hi: 1, Lo: uint64(i)}}); err != nil {
			t.Fatal(err)
		}
		if b.full() || i == rows-1 {
			if err := l.add(b.seal(nil)); err != nil {
				t.Fatal(err)
			}
			b.reset()
		}
	}
	if l.file == nil {
		t.Error("all claims are in memory")
	}
	claims, err := l.shared(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range claims {
		got = append(got, fmt.Sprintf("%d %s", c.row, c.id))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims differ (-want +got):\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.shared(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
}

// Most of a roster without faults is read by workers in their own way: neither does the scanner read it nor the strict reader.
func TestBlocksArePlain(t *testing.T) {
	t.Parallel()
	column := func(f roster.Field) mapping.Column {
		return mapping.Column{Title: string(f), Field: f, Unknown: mapping.UnknownHold, Blank: mapping.BlankClear}
	}
	m := mapping.Mapping{Columns: []mapping.Column{column(roster.FirstName), column(roster.LastName), column(roster.Email), column(roster.UniqueID), column(roster.HireStartDate)}}
	var file bytes.Buffer
	const rows = 3000
	for i := range rows {
		fmt.Fprintf(&file, "Zoë,\"Lee, \"\"%d\"\"\",p%d@acme.example,%05d,01/31/2020,Łódź\r\n", i%7, i, i)
	}
	r := newReader(&file, Options{Mapping: m})
	r.rows = newRowBuffer(m.Fields(), 0, true)
	r.head = header{titles: make([]string, 6), usable: true}
	for i := range r.columns {
		r.columns[i].at = i
	}
	w := newWorker(r, true, cacheBytes)
	c := cutter{scan: r.scan, size: 8 << 10, row: 2, line: 2}
	read := 0
	for {
		b, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			break
		}
		w.read(b)
		for _, m := range w.marks {
			if m.odd || b.serial {
				t.Fatalf("%q is not plain", b.buf[m.from:m.to])
			}
		}
		read += b.rows.len()
	}
	if read < rows-200 {
		t.Errorf("%d of %d rows were read", read, rows)
	}
}

// What stands out is found byte by byte, whatever stands beside it.
func TestWhatStandsOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte(",\"\n\r\x7F\x80\xFF a\x00\x1F!"))), 8, 64).Draw(t, "bytes")
		b := &block{buf: append(bytes.Clone(text), make([]byte, 2*blockPad)...), size: len(text)}
		o := offsets{delimiter: ',', columns: 1}
		o.begin(b)
		o.look(b)
		var want []uint32
		for i, c := range text {
			if c == ',' || c == '"' || c < ' ' || c == 0x7F {
				want = append(want, uint32(i))
			}
		}
		var got []uint32
		for i := 0; i < len(o.special); i += 2 {
			if at := binary.LittleEndian.Uint16(o.special[i:]); int(at) < len(text) {
				got = append(got, uint32(at))
			}
		}
		if fmt.Sprint(want) != fmt.Sprint(got) {
			t.Fatalf("%v stand out of %q, want %v", got, text, want)
		}
	})
}
