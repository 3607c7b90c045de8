package diff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/diff/difftest"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// withoutColumn are the columns of a tenant whose file does not say who is eligible.
var withoutColumn = []roster.Field{roster.UniqueID, roster.FirstName, roster.LastName, roster.Email, roster.Status, roster.City}

// lineWithoutColumn is a row under withoutColumn; a city of "-" is one that was set aside.
func lineWithoutColumn(n int, p person) batch.Row {
	r := line(n, p)
	r.Cells = slices.Delete(r.Cells, 5, 6)
	return r
}

func compareWithoutColumn(t rapid.TB, people tenant.People, members []directory.Member, rows []batch.Row) difftest.Result {
	return difftest.Compare(t, withoutColumn, rows, members, diff.Input{People: people, FileSHA256: "f", MappingDigest: "m", Now: now})
}

func TestEligibilityByOtherFields(t *testing.T) {
	t.Parallel()
	inBern := map[roster.Field][]string{roster.City: {"Bern", "Basel"}}
	both := map[roster.Field][]string{roster.City: {"Bern"}, roster.Status: {"active"}}
	barred := with(ana, roster.ProgramEligibility, "ineligible")
	for _, test := range []struct {
		name   string
		rule   map[roster.Field][]string
		member person // nobody where it has no address
		state  directory.State
		row    person
		want   string
	}{
		{name: "new and of the rule", rule: inBern, row: ana, want: "create →eligible"},
		{name: "new and not of the rule", rule: inBern, row: with(ana, roster.City, "Oslo"), want: "create →ineligible"},
		{name: "new, and the value was set aside", rule: inBern, row: with(ana, roster.City, "-"), want: "create →ineligible"},
		{name: "new, and the cell is empty", rule: inBern, row: with(ana, roster.City, ""), want: "create →ineligible"},
		{name: "new, and only one of two fields", rule: both, row: with(ana, roster.Status, "inactive"), want: "create →ineligible"},
		{name: "new, and both fields", rule: both, row: ana, want: "create →eligible"},
		{name: "new where nothing is said", row: ana, want: "create"},
		{name: "the same", rule: inBern, member: ana, row: ana},
		{name: "another value of the rule", rule: inBern, member: ana, row: with(ana, roster.City, "Basel"), want: "update city:Bern→Basel"},
		{name: "moves out", rule: inBern, member: ana, row: with(ana, roster.City, "Oslo"), want: "update city:Bern→Oslo program_eligibility:eligible→ineligible"},
		{name: "moves in", rule: inBern, member: with(barred, roster.City, "Oslo"), row: ana, want: "update city:Oslo→Bern program_eligibility:ineligible→eligible"},
		{name: "the rule changes alone", rule: inBern, member: barred, row: ana, want: "update program_eligibility:ineligible→eligible"},
		{name: "a value set aside leaves what the directory has", rule: inBern, member: ana, row: with(ana, roster.City, "-")},
		{name: "emptied", rule: inBern, member: ana, row: with(ana, roster.City, ""), want: "update city:Bern→ program_eligibility:eligible→ineligible"},
		{name: "the rule is dropped", member: barred, row: ana, want: "update program_eligibility:ineligible→eligible"},
		{name: "no rule, and always eligible", member: ana, row: ana},
		{name: "nothing was ever said", member: with(ana, roster.ProgramEligibility, ""), row: ana},
		{
			name: "back in the file, and elsewhere", rule: inBern, member: ana, state: directory.Deleted, row: with(ana, roster.City, "Oslo"),
			want: "restore city:Bern→Oslo program_eligibility:eligible→ineligible",
		},
		{
			name: "on leave, under a rule about leave", rule: both, member: ana, row: with(ana, roster.Status, "inactive"),
			want: "deactivate status:active→inactive program_eligibility:eligible→ineligible",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var members []directory.Member
			if test.member[3] != "" {
				if test.state == "" {
					test.state = directory.Invited
				}
				members = append(members, member(difftest.ID(0), test.member, test.state))
			}
			people := tenant.People{Missing: tenant.MissingDelete, EligibleWhen: test.rule}
			var got []string
			for _, c := range compareWithoutColumn(t, people, members, []batch.Row{lineWithoutColumn(2, test.row)}).Changes {
				words := []string{string(c.Op)}
				for _, f := range c.Fields {
					switch {
					case c.Op != changeset.Create:
						words = append(words, fmt.Sprintf("%s:%s→%s", f.Field, f.Before, f.After))
					case f.Field == roster.ProgramEligibility:
						words = append(words, "→"+f.After)
					}
				}
				got = append(got, strings.Join(words, " "))
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "; ")); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

// Where a column says who is eligible, the rule has no say.
func TestAColumnOutranksTheRule(t *testing.T) {
	t.Parallel()
	people := tenant.People{Missing: tenant.MissingDelete, EligibleWhen: map[roster.Field][]string{roster.City: {"Oslo"}}}
	if got := told(compare(t, people, []directory.Member{member(difftest.ID(0), ana, directory.Invited)}, []batch.Row{line(2, ana)})); got != nil {
		t.Errorf("got %v, want no change", got)
	}
}

// After an apply everybody who stands in the file in a good row is eligible exactly where the rule says so, and the same file changes nothing more.
func TestEligibilityProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cities := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Bern", "Rome", "Oslo"}), 0, 3, rapid.ID).Draw(t, "cities")
		people := tenant.People{Missing: tenant.MissingDelete}
		if len(cities) > 0 {
			people.EligibleWhen = map[roster.Field][]string{roster.City: cities}
		}
		members := drawDirectory(t)
		for i := range members {
			members[i].Values[roster.ProgramEligibility] = rapid.SampledFrom([]string{"eligible", "ineligible"}).Draw(t, "eligibility")
		}
		rows := drawRoster(t)
		for i := range rows {
			if len(rows[i].Cells) > 0 {
				rows[i].Cells = slices.Delete(rows[i].Cells, 5, 6)
			}
		}
		one := compareWithoutColumn(t, people, members, rows)
		after := apply(members, one.Changes)
		if one.Summary.Totals.SetAside > 0 {
			return // whose row it is can't be told then
		}
		byEmail := map[string]directory.Member{}
		for _, m := range after {
			byEmail[roster.FoldEmail(m.Value(roster.Email))] = m
		}
		for _, r := range rows {
			m, ok := byEmail[roster.FoldEmail(r.Email)]
			if r.Aside || !ok {
				continue
			}
			want := roster.Ineligible
			if people.EligibleWhen == nil || slices.Contains(cities, m.Value(roster.City)) {
				want = roster.Eligible
			}
			got := m.Value(roster.ProgramEligibility)
			if got != want && (got != "" || people.EligibleWhen != nil) {
				t.Fatalf("%s lives in %q and is %q, want %q under %v", r.Email, m.Value(roster.City), got, want, cities)
			}
		}
		if again := compareWithoutColumn(t, people, after, rows); len(again.Changes) != 0 {
			t.Fatalf("applied once and still to do: %v", told(again))
		}
	})
}
