package rostergen_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

var month = rostergen.Delta{Joiners: 60, Leavers: 40, Changed: 250, OnLeave: 15, BackFromLeave: 5, NewAddress: 3}

func write(t *testing.T, c *rostergen.Company) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSameSeedSameCompany(t *testing.T) {
	t.Parallel()
	a, b, other := rostergen.New(7, 500), rostergen.New(7, 500), rostergen.New(8, 500)
	if write(t, a) != write(t, b) {
		t.Error("one seed gives two companies")
	}
	if write(t, a) == write(t, other) {
		t.Error("two seeds give one company")
	}
	a.Next(month)
	b.Next(month)
	if write(t, a) != write(t, b) {
		t.Error("one seed gives two months")
	}
}

func TestFileHoldsThePeople(t *testing.T) {
	t.Parallel()
	c := rostergen.New(1, 2000)
	records, err := csv.NewReader(strings.NewReader(write(t, c))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	people := c.People()
	if got, want := len(records), len(people)+1; got != want {
		t.Fatalf("%d lines, want %d", got, want)
	}
	ids, addresses := map[string]bool{}, map[string]bool{}
	for i, p := range people {
		for k, column := range rostergen.Columns() {
			want := p.Value(column.Field)
			if column.Field.Kind() == roster.Date {
				day, err := time.Parse(time.DateOnly, want)
				if err != nil {
					t.Fatal(err)
				}
				want = day.Format("01/02/2006")
			}
			if got := records[i+1][k]; got != want {
				t.Errorf("row %d, %s = %q, want %q", i+2, column.Title, got, want)
			}
		}
		ids[p.Value(roster.UniqueID)] = true
		addresses[roster.FoldEmail(p.Value(roster.Email))] = true
		if err := roster.CheckEmail(p.Value(roster.Email)); err != nil {
			t.Errorf("address of person %d: %v", i, err)
		}
	}
	if len(ids) != len(people) || len(addresses) != len(people) {
		t.Errorf("%d people have %d unique IDs and %d addresses", len(people), len(ids), len(addresses))
	}
}

// A month changes what it says and nothing else: the row of everybody whom it does not name is the same.
func TestMonthTouchesWhomItNames(t *testing.T) {
	t.Parallel()
	c := rostergen.New(3, 5000)
	before := rows(c.People())
	for range 3 {
		m := c.Next(month)
		got := rostergen.Delta{
			Joiners: len(m.Joiners), Leavers: len(m.Leavers), Changed: len(m.Changed), OnLeave: len(m.OnLeave),
			BackFromLeave: len(m.BackFromLeave), NewAddress: len(m.NewAddress),
		}
		if diff := cmp.Diff(month, got); diff != "" {
			t.Errorf("month differs from what was asked for (-want +got):\n%s", diff)
		}
		after := rows(c.People())
		for _, p := range m.Leavers {
			id := p.Value(roster.UniqueID)
			if _, there := after[id]; there || before[id] == "" {
				t.Errorf("leaver %s is still there, or never was", id)
			}
			delete(before, id)
		}
		for _, p := range m.Joiners {
			id := p.Value(roster.UniqueID)
			if before[id] != "" || p.Value(roster.Status) != "active" || p.Value(roster.ProgramEligibility) != "eligible" {
				t.Errorf("joiner %s was there, or is not to be invited", id)
			}
			before[id] = row(p)
		}
		for _, moves := range [][]rostergen.Move{m.Changed, m.OnLeave, m.BackFromLeave, m.NewAddress} {
			for _, move := range moves {
				id := move.Before.Value(roster.UniqueID)
				if before[id] != row(move.Before) || row(move.Before) == row(move.After) {
					t.Errorf("%s did not change from what was before", id)
				}
				before[id] = row(move.After)
			}
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("others changed too (-want +got):\n%s", diff)
		}
	}
}

func rows(people []rostergen.Person) map[string]string {
	rows := make(map[string]string, len(people))
	for _, p := range people {
		rows[p.Value(roster.UniqueID)] = row(p)
	}
	return rows
}

func row(p rostergen.Person) string {
	var b strings.Builder
	for _, column := range rostergen.Columns() {
		b.WriteString(p.Value(column.Field) + "|")
	}
	return b.String()
}

func BenchmarkWriteCSV(b *testing.B) {
	c := rostergen.New(1, 100_000)
	for b.Loop() {
		if err := c.WriteCSV(discard{}); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
