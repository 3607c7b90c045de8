package rostergen_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

func pairFiles(t *testing.T, seed uint64, n int) (p *rostergen.Pair, before, after []byte) {
	t.Helper()
	p = rostergen.NewPair(seed, n)
	files := make([]bytes.Buffer, 2)
	for i, write := range []func(io.Writer) error{p.WriteOld, p.WriteNew} {
		if err := write(&files[i]); err != nil {
			t.Fatal(err)
		}
	}
	return p, files[0].Bytes(), files[1].Bytes()
}

// records returns the rows of a file by unique ID.
func records(t *testing.T, p *rostergen.Pair, file []byte) map[string][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	people, addresses := map[string][]string{}, map[string]bool{}
	id, email := columnOf(t, p, roster.UniqueID), columnOf(t, p, roster.Email)
	for _, r := range all[1:] {
		people[r[id]] = r
		addresses[roster.FoldEmail(r[email])] = true
		if err := roster.CheckEmail(r[email]); err != nil {
			t.Fatalf("address of %s: %v", r[id], err)
		}
	}
	if len(people) != len(all)-1 || len(addresses) != len(people) {
		t.Fatalf("%d rows have %d unique IDs and %d addresses", len(all)-1, len(people), len(addresses))
	}
	return people
}

func columnOf(t *testing.T, p *rostergen.Pair, f roster.Field) int {
	t.Helper()
	i := slices.IndexFunc(p.Columns(), func(c rostergen.Column) bool { return c.Field == f })
	if i < 0 {
		t.Fatalf("there is no column %s", f)
	}
	return i
}

func TestPairSaysWhatDiffers(t *testing.T) {
	t.Parallel()
	const n = 20_000
	p, old, young := pairFiles(t, 3, n)
	before, after := records(t, p, old), records(t, p, young)
	got := rostergen.Counts{Old: len(before), New: len(after), Cells: map[roster.Field]int{}}
	columns := p.Columns()
	for id, a := range after {
		b, there := before[id]
		if !there {
			got.Added++
			continue
		}
		for i, c := range columns {
			if a[i] != b[i] {
				got.Cells[c.Field]++
			}
		}
		if !slices.Equal(a, b) {
			got.Changed++
		}
	}
	got.Removed = len(before) + got.Added - len(after)
	if diff := cmp.Diff(p.Counts(), got); diff != "" {
		t.Errorf("counts differ (-said +found):\n%s", diff)
	}
	if got.Added != n/100 || got.Removed != n/100 || got.Changed != n/20+n/200 || got.Cells[roster.Status] != n/200 {
		t.Errorf("%d added, %d removed, %d changed, %d flipped: not the mix", got.Added, got.Removed, got.Changed, got.Cells[roster.Status])
	}
}

func TestPairIsTheMix(t *testing.T) {
	t.Parallel()
	const n = 20_000
	p, old, young := pairFiles(t, 1, n)
	if width := len(old) / n; width < 224 || width > 244 {
		t.Errorf("a row has %d bytes, want about 234", width)
	}
	lines := bytes.Split(old, []byte("\r\n"))
	quoted, accents := 0, 0
	for _, line := range lines {
		if bytes.IndexByte(line, '"') >= 0 {
			quoted++
		}
		if utf8.RuneCount(line) != len(line) {
			accents++
		}
	}
	if quoted < n*8/100 || quoted > n*10/100 || accents < n/2 {
		t.Errorf("%d rows of %d are quoted and %d have accents", quoted, n, accents)
	}
	id := columnOf(t, p, roster.UniqueID)
	same := 0
	for i, line := range bytes.Split(young, []byte("\r\n"))[:n/2] {
		if bytes.Equal(bytes.Split(line, []byte(","))[id], bytes.Split(lines[i], []byte(","))[id]) {
			same++
		}
	}
	if same > n/1000 {
		t.Errorf("%d rows stand in the same place in both files: not shuffled", same)
	}
	if got := len(p.Columns()); got != 20 {
		t.Errorf("%d columns, want 20", got)
	}
}

func TestPairIsAFunctionOfItsSeed(t *testing.T) {
	t.Parallel()
	_, a, b := pairFiles(t, 7, 500)
	_, c, d := pairFiles(t, 7, 500)
	_, e, _ := pairFiles(t, 8, 500)
	if !bytes.Equal(a, c) || !bytes.Equal(b, d) || bytes.Equal(a, e) {
		t.Error("one seed gives two pairs, or two seeds one")
	}
}

func BenchmarkPair(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		if err := rostergen.NewPair(1, n).WriteNew(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
