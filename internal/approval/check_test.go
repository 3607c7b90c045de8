package approval

import (
	"testing"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// Nothing to change is nothing to decide, unless something was set aside that a person must look at.
func TestWaits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		totals changeset.Totals
		checks []Check
		want   bool
	}{
		{"a change", changeset.Totals{Update: 1}, nil, true},
		{"nothing", changeset.Totals{Unchanged: 9}, []Check{{ID: CheckDeletes, Level: OK}}, false},
		{"nothing, under a changed mapping", changeset.Totals{Unchanged: 9}, []Check{{ID: CheckMappingChanged, Level: Hold}}, false},
		{"nothing, and somebody's identity was swapped", changeset.Totals{Unchanged: 9}, []Check{{ID: CheckIdentity, Level: Hold}}, true},
		{"nothing, and a column that can't be taken", changeset.Totals{Unchanged: 9}, []Check{{ID: CheckColumnUnread, Level: Hold}}, true},
		{"nothing, and a few rows were set aside", changeset.Totals{Unchanged: 9}, []Check{{ID: CheckRejectedRows, Level: OK}}, false},
	} {
		if got := Waits(test.totals, test.checks); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}

func TestWeigh(t *testing.T) {
	t.Parallel()
	columns := mapping.Mapping{Columns: []mapping.Column{{Title: "Business Unit", Field: roster.BusinessUnit}}}
	quiet := func() Facts {
		return Facts{
			Summary: changeset.Summary{Members: 1000, Rows: 1000}, Rows: 1000, LastRows: 1000, Mapping: columns,
		}
	}
	for _, test := range []struct {
		name   string
		change func(*Facts)
		want   CheckID // the check that holds; "" where none does
	}{
		{"a quiet month", func(*Facts) {}, ""},
		{"as many deletes as the limit", func(f *Facts) { f.Summary.Removals = 50 }, ""},
		{"one delete over the limit", func(f *Facts) { f.Summary.Removals = 51 }, CheckDeletes},
		{"a tenth of a small tenant, under the floor", func(f *Facts) { f.Summary.Members, f.Summary.Removals = 100, 10 }, ""},
		{"over the floor of a small tenant", func(f *Facts) { f.Summary.Members, f.Summary.Removals = 100, 11 }, CheckDeletes},
		{"deactivations", func(f *Facts) { f.Summary.Totals.Deactivate = 51 }, CheckDeactivations},
		{"creates at the limit", func(f *Facts) { f.Summary.Totals.Create = 100 }, ""},
		{"creates over the limit", func(f *Facts) { f.Summary.Totals.Create = 101 }, CheckCreates},
		{"the first import", func(f *Facts) { f.First, f.LastRows = true, 0 }, CheckFirstImport},
		{"a changed mapping", func(f *Facts) { f.MappingChanged = true }, CheckMappingChanged},
		{"an older file", func(f *Facts) { f.OlderFile = true }, CheckOlderFile},
		{"a roster of 70 %", func(f *Facts) { f.Rows = 700 }, ""},
		{"a roster under 70 %", func(f *Facts) { f.Rows = 699 }, CheckRosterShrunk},
		{"rows set aside at the limit", func(f *Facts) { f.SetAside = 10 }, ""},
		{"rows set aside over the limit", func(f *Facts) { f.SetAside = 11 }, CheckRejectedRows},
		{"half of a column", func(f *Facts) { f.ValuesAside = map[roster.Field]int{roster.BusinessUnit: 500} }, ""},
		{"most of a column", func(f *Facts) { f.ValuesAside = map[roster.Field]int{roster.BusinessUnit: 501} }, CheckColumnUnread},
		{"one unreadable person", func(f *Facts) { f.Unreadable = 1 }, CheckUnreadable},
		{"one swapped identity", func(f *Facts) { f.Summary.Conflicts = map[changeset.Conflict]int{changeset.IdentitySwapped: 1} }, CheckIdentity},
		{"one re-key", func(f *Facts) { f.Rekeys = 1 }, CheckRekey},
		{"one protected person", func(f *Facts) { f.Protected = 1 }, CheckProtected},
		{"one address change without a unique ID", func(f *Facts) { f.AddressesWithoutID = 1 }, CheckAddressWithoutIDs},
		{"one unknown value", func(f *Facts) { f.UnknownValues = 1 }, CheckUnknownValues},
		{"a field emptied", func(f *Facts) { f.Summary.Emptied = map[roster.Field]int{roster.BusinessUnit: 51} }, CheckFieldEmptied},
		{"as many who are eligible or not by another field as the limit", func(f *Facts) { f.Summary.Fields = map[roster.Field]int{roster.ProgramEligibility: 200} }, ""},
		{"more of them", func(f *Facts) { f.Summary.Fields = map[roster.Field]int{roster.ProgramEligibility: 201} }, CheckFieldChurn},
		{"a field's churn", func(f *Facts) { f.Summary.Fields = map[roster.Field]int{roster.BusinessUnit: 201} }, CheckFieldChurn},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			facts := quiet()
			test.change(&facts)
			checks := Weigh(facts)
			got := CheckID("")
			for _, c := range checks {
				if c.Level.Holds() {
					got = c.ID
				}
				if c.Message == "" || c.Origin == "" {
					t.Errorf("check %s says %q by %q", c.ID, c.Message, c.Origin)
				}
			}
			if got != test.want {
				t.Errorf("%q holds, want %q", got, test.want)
			}
			if test.want != "" && checks[0].ID != test.want {
				t.Errorf("first is %s, want the one that holds", checks[0].ID)
			}
		})
	}
}
