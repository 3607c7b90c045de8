package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
)

// someone is a person of a generated file.
type someone struct{ id, address string }

// Whoever stands in the file in any form is in the roster, as a row or aside, or else the summary says that somebody can't be read; unless the file is refused, which
// removes nobody.
func TestRejectedIsNotMissing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var people []someone
		var rows []string
		for i := range rapid.IntRange(2, 8).Draw(rt, "people") {
			p := someone{address: fmt.Sprintf("p%d@acme.example", i)}
			if rapid.Bool().Draw(rt, "has an ID") {
				p.id = fmt.Sprintf("%03d", i)
			}
			people = append(people, p)
			row := fmt.Sprintf("P%d,Roy,%s,%s,active,,,Paris\n", i, p.address, p.id)
			if rapid.IntRange(0, 1).Draw(rt, "damaged") == 1 {
				row = damage(rt, row, p)
			}
			rows = append(rows, row)
		}
		file := head + strings.Join(rows, "")
		got := read(t, strings.NewReader(file), intake.Options{Mapping: small()})
		checkSums(t, got)
		if got.summary.Verdict == roster.RefusedByFile || got.summary.Unreadable > 0 {
			return
		}
		for _, p := range people {
			if !stands(p, got) {
				rt.Fatalf("%s %q is not in the roster of\n%s%s", p.address, p.id, file, brief(got.summary.Findings))
			}
		}
	})
}

func stands(p someone, got reading) bool {
	for _, row := range got.rows {
		if row.Email == p.address || p.id != "" && row.UniqueID == p.id {
			return true
		}
	}
	return false
}

// damage does one thing to a row that leaves its person in the file.
func damage(rt *rapid.T, row string, p someone) string {
	switch rapid.IntRange(0, 2).Draw(rt, "kind") {
	case 0:
		cells := strings.Split(strings.TrimSuffix(row, "\n"), ",")
		i := rapid.IntRange(0, len(cells)-1).Draw(rt, "cell")
		cells[i] = rapid.SampledFrom([]string{"", "#N/A", "1.5E+07", "Active", "13/13/2020", "a\u200Bb", "\"a,b\"", "\"x\ny\"", "x@", "\x01"}).Draw(rt, "junk")
		return strings.Join(cells, ",") + "\n"
	case 1:
		at := rapid.IntRange(0, len(row)-1).Draw(rt, "at")
		return row[:at] + rapid.SampledFrom([]string{`"`, ",", "\n", ";", " ", `""`, "\",\"", "\r\n"}).Draw(rt, "sign") + row[at:]
	}
	var signs []int
	for i, c := range row {
		if strings.ContainsRune(",\n@", c) {
			signs = append(signs, i)
		}
	}
	at := rapid.SampledFrom(slices.Clip(signs)).Draw(rt, "sign")
	return row[:at] + row[at+1:]
}

// Who a row is about is told before whom its cells mention, whether it takes part or is set aside.
func TestARowIsOfWhomItIsAbout(t *testing.T) {
	t.Parallel()
	o := intake.Options{Mapping: small()}
	file := head + "Ana,Roy,ana@acme.example,1,active,,Finance,\"a, b\nben@acme.example\"\n" + "Cy,Fox,cy@acme.example,3,gone,,Finance,\"a, b\ndee@acme.example\"\n"
	stored := rosterOf(t, []byte(file), o, 0)
	f, err := batch.OpenRoster(strings.NewReader(string(stored)), int64(len(stored)), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	if err := f.Named(func(number int, id, email []byte) { got = append(got, fmt.Sprintf("%d %s %s", number, id, email)) }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2 1 ana@acme.example", "2  ben@acme.example", "3 3 cy@acme.example", "3  dee@acme.example"}; !slices.Equal(got, want) {
		t.Errorf("named are %q, want %q", got, want)
	}
}
