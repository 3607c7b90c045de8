package approval

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

func TestGather(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, time.December, n, 0, 0, 0, 0, time.UTC) }
	m := mapping.Mapping{Columns: []mapping.Column{{Title: "City", Field: roster.City}}}
	read := Reading{
		Rows: 90, SetAside: 3, Unreadable: 2, Held: map[roster.Field]int{roster.City: 4, roster.Country: 1}, ValuesAside: map[roster.Field]int{roster.City: 7}, Date: day(2),
	}
	plan := Plan{Summary: changeset.Summary{Members: 100, Removals: 6}, Unmatched: 5, Protected: 1, Rekeys: 2, AddressesWithoutID: 3}
	want := Facts{
		Summary: plan.Summary, Rows: 90, SetAside: 3,
		Unreadable:    3, // not 7: no more than were set aside
		UnknownValues: 5, ValuesAside: read.ValuesAside, LastRows: 100, MappingChanged: true, OlderFile: true, Protected: 1, Rekeys: 2, AddressesWithoutID: 3, Mapping: m,
	}
	if diff := cmp.Diff(Gather(read, plan, Last{Found: true, Rows: 100, MappingChanged: true, Date: day(3)}, m), want); diff != "" {
		t.Errorf("facts (-got +want):\n%s", diff)
	}
	for name, last := range map[string]Last{"the same day": {Found: true, Date: day(2)}, "a day before": {Found: true, Date: day(1)}, "no day": {Found: true}} {
		if Gather(read, plan, last, m).OlderFile {
			t.Errorf("%s: taken for an older file", name)
		}
	}
	undated := read
	undated.Date = time.Time{}
	if Gather(undated, plan, Last{Found: true, Date: day(3)}, m).OlderFile {
		t.Error("a file without a date is taken for an older one")
	}
	if f := Gather(read, plan, Last{MappingChanged: true, Date: day(3)}, m); !f.First || f.MappingChanged || f.OlderFile {
		t.Errorf("where there was no import before: first %t, another mapping %t, older file %t", f.First, f.MappingChanged, f.OlderFile)
	}
}

func TestReadingOf(t *testing.T) {
	t.Parallel()
	s := roster.Summary{
		Rows: 9, Accepted: 5, SetAside: 3, Unreadable: 2, Protected: 1, Held: map[roster.Field]int{roster.City: 4}, ValuesAside: map[roster.Field]int{roster.City: 7},
	}
	date := time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)
	want := Reading{Rows: 9, SetAside: 3, Unreadable: 2, Held: s.Held, ValuesAside: s.ValuesAside, Date: date}
	if diff := cmp.Diff(ReadingOf(s, date), want); diff != "" {
		t.Errorf("reading (-got +want):\n%s", diff)
	}
}
