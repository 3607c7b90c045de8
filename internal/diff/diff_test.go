package diff_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

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

var (
	now    = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	fields = []roster.Field{roster.UniqueID, roster.FirstName, roster.LastName, roster.Email, roster.Status, roster.ProgramEligibility, roster.City}
)

// person is a row or a member in short: "id first last email status eligibility city".
type person [7]string

func line(n int, p person) batch.Row {
	r := batch.Row{Number: n, UniqueID: p[0], Email: p[3]}
	for i, v := range p {
		keeps := fields[i].KeepsWhenBlank() && v == ""
		r.Cells = append(r.Cells, batch.Cell{Text: v, Absent: keeps || v == "-"})
	}
	return r
}

func member(id string, p person, state directory.State) directory.Member {
	m := directory.Member{ID: id, Version: 4, State: state, Source: directory.FromRoster, Values: map[roster.Field]string{}}
	for i, v := range p {
		if v != "" {
			m.Values[fields[i]] = v
		}
	}
	if state == directory.Deactivated || state == directory.Deleted {
		m.Before = directory.Invited
	}
	if state == directory.Deleted {
		m.DeletedUntil = now.Add(time.Hour)
	}
	return m
}

func compare(t difftest.T, people tenant.People, members []directory.Member, rows []batch.Row) difftest.Result {
	t.Helper()
	return difftest.Compare(t, fields, rows, members, diff.Input{People: people, FileSHA256: "f", MappingDigest: "m", Now: now})
}

// told is a result in short: "op who field,field" a change, in order.
func told(r difftest.Result) []string {
	var out []string
	for _, c := range r.Changes {
		line := string(c.Op) + " " + c.Email
		for _, f := range c.Fields {
			if c.Op != changeset.Create {
				line += fmt.Sprintf(" %s:%s→%s", f.Field, f.Before, f.After)
			}
		}
		out = append(out, line)
	}
	return out
}

var (
	ana = person{"001", "Ana", "Roy", "ana@x.example", "active", "eligible", "Bern"}
	bob = person{"002", "Bob", "Ng", "bob@x.example", "active", "eligible", "Oslo"}
)

func with(p person, field roster.Field, value string) person {
	p[slices.Index(fields, field)] = value
	return p
}

func TestCompare(t *testing.T) {
	t.Parallel()
	deleting := tenant.People{Missing: tenant.MissingDelete}
	aside := func(id, email string) batch.Row { return batch.Row{Number: 9, Aside: true, UniqueID: id, Email: email} }
	invited := func(people ...person) []directory.Member {
		var members []directory.Member
		for i, p := range people {
			members = append(members, member(difftest.ID(i), p, directory.Invited))
		}
		return members
	}
	rows := func(people ...person) []batch.Row {
		var rs []batch.Row
		for i, p := range people {
			rs = append(rs, line(i+2, p))
		}
		return rs
	}
	for _, test := range []struct {
		name      string
		people    tenant.People
		members   []directory.Member
		rows      []batch.Row
		want      []string
		conflicts map[changeset.Conflict]int
		protected int
	}{
		{name: "the same", members: invited(ana, bob), rows: rows(bob, ana)},
		{name: "somebody new", members: invited(ana), rows: rows(ana, bob), want: []string{"create bob@x.example"}},
		{name: "somebody gone", members: invited(ana, bob), rows: rows(ana), want: []string{"delete bob@x.example"}},
		{name: "a value", members: invited(ana), rows: rows(with(ana, roster.City, "Basel")), want: []string{"update ana@x.example city:Bern→Basel"}},
		{name: "a value cleared", members: invited(ana), rows: rows(with(ana, roster.City, "")), want: []string{"update ana@x.example city:Bern→"}},
		{name: "a value set aside stays", members: invited(ana), rows: rows(with(ana, roster.City, "-"))},
		{name: "a blank status stays", members: invited(ana), rows: rows(with(ana, roster.Status, ""))},
		{name: "on leave", members: invited(ana), rows: rows(with(ana, roster.Status, "inactive")), want: []string{"deactivate ana@x.example status:active→inactive"}},
		{
			name: "back from leave", members: []directory.Member{member(difftest.ID(0), with(ana, roster.Status, "inactive"), directory.Deactivated)}, rows: rows(ana),
			want: []string{"reactivate ana@x.example status:inactive→active"},
		},
		{name: "an address under one ID", members: invited(ana), rows: rows(with(ana, roster.Email, "roy@x.example")), want: []string{"update roy@x.example email:ana@x.example→roy@x.example"}},
		{
			name: "two who swap addresses under their own IDs", members: invited(ana, bob),
			rows: rows(with(ana, roster.Email, bob[3]), with(bob, roster.Email, ana[3])),
			want: []string{"update ana@x.example email:bob@x.example→ana@x.example", "update bob@x.example email:ana@x.example→bob@x.example"},
		},
		{name: "the address in capitals is the same person", members: invited(ana), rows: rows(with(with(ana, roster.UniqueID, ""), roster.Email, "ANA@X.example")), want: []string{"update ANA@X.example email:ana@x.example→ANA@X.example"}},
		{name: "a re-key", members: invited(ana), rows: rows(with(ana, roster.UniqueID, "901")), want: []string{"update ana@x.example unique_id:001→901"}},
		{
			name: "deleted and back", members: []directory.Member{member(difftest.ID(0), ana, directory.Deleted)}, rows: rows(ana), want: []string{"restore ana@x.example"},
		},
		{
			name: "an ID with another name and address", members: invited(ana), rows: rows(person{"001", "Cy", "Du", "cy@x.example", "active", "eligible", "Rome"}),
			conflicts: map[changeset.Conflict]int{changeset.IdentitySwapped: 1},
		},
		{
			name: "an address with another ID and name", members: invited(ana), rows: rows(person{"777", "Cy", "Du", "ana@x.example", "active", "eligible", "Rome"}),
			conflicts: map[changeset.Conflict]int{changeset.AddressRecycled: 1},
		},
		{
			name: "an address that somebody else keeps", members: invited(ana, bob), rows: rows(with(ana, roster.Email, bob[3]), bob),
			conflicts: map[changeset.Conflict]int{changeset.AddressTaken: 1},
		},
		{
			name: "a new person with the address that another gives up", members: invited(ana),
			rows: rows(with(ana, roster.Email, "roy@x.example"), person{"777", "Cy", "Du", "ana@x.example", "active", "eligible", "Rome"}),
			want: []string{"update roy@x.example email:ana@x.example→roy@x.example"}, conflicts: map[changeset.Conflict]int{changeset.AddressRecycled: 1},
		},
		{
			name: "a chain of addresses whose end is taken falls back whole", members: invited(ana, bob, person{"003", "Cy", "Du", "cy@x.example", "active", "eligible", "Rome"}),
			rows:      rows(with(ana, roster.Email, bob[3]), with(bob, roster.Email, "cy@x.example"), person{"003", "Cy", "Du", "cy@x.example", "active", "eligible", "Rome"}),
			conflicts: map[changeset.Conflict]int{changeset.AddressTaken: 2},
		},
		{
			name: "two rows for one member", members: invited(ana), rows: rows(with(ana, roster.Email, "roy@x.example"), with(ana, roster.UniqueID, "")),
			conflicts: map[changeset.Conflict]int{changeset.MatchedTwice: 2},
		},
		{name: "a row set aside protects by ID", members: invited(ana), rows: []batch.Row{aside("001", "")}},
		{name: "a row set aside protects by address, whatever the case", members: invited(ana), rows: []batch.Row{aside("", "Ana@X.example")}},
		{name: "a row set aside protects both whom it may be about", members: invited(ana, bob), rows: []batch.Row{aside("001", "bob@x.example")}},
		{name: "protected by the tenant", people: tenant.People{Missing: tenant.MissingDelete, Protect: []string{"ana@x.example"}}, members: invited(ana, bob), want: []string{"delete bob@x.example"}, protected: 1},
		{name: "missing is deactivated", people: tenant.People{Missing: tenant.MissingDeactivate}, members: invited(ana), want: []string{"deactivate ana@x.example"}},
		{name: "missing is kept", people: tenant.People{Missing: tenant.MissingKeep}, members: invited(ana)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.people.Missing == "" {
				test.people = deleting
			}
			got := compare(t, test.people, test.members, test.rows)
			if diff := cmp.Diff(told(got), test.want); diff != "" {
				t.Errorf("changes (-got +want):\n%s", diff)
			}
			if test.conflicts == nil {
				test.conflicts = map[changeset.Conflict]int{}
			}
			if diff := cmp.Diff(got.Summary.Conflicts, test.conflicts); diff != "" {
				t.Errorf("conflicts (-got +want):\n%s", diff)
			}
			if got.Protected != test.protected {
				t.Errorf("%d removals protected, want %d", got.Protected, test.protected)
			}
		})
	}
}

func TestSelfRegisteredAreNotRemoved(t *testing.T) {
	t.Parallel()
	m := member(difftest.ID(0), ana, directory.Active)
	m.Source = directory.FromSelf
	if got := told(compare(t, tenant.People{Missing: tenant.MissingDelete}, []directory.Member{m}, nil)); got != nil {
		t.Errorf("got %v, want no change", got)
	}
}

// Where no column says who is on leave, whoever was hidden for being missing and is in the file again is shown again.
func TestBackWhereStatusIsNotMapped(t *testing.T) {
	t.Parallel()
	hidden := member(difftest.ID(0), with(ana, roster.Status, "inactive"), directory.Deactivated)
	unmapped := []roster.Field{roster.UniqueID, roster.FirstName, roster.LastName, roster.Email}
	r := line(2, ana)
	r.Cells = r.Cells[:len(unmapped)]
	got := difftest.Compare(t, unmapped, []batch.Row{r}, []directory.Member{hidden}, diff.Input{People: tenant.People{Missing: tenant.MissingDeactivate}, Now: now})
	if diff := cmp.Diff(told(got), []string{"reactivate ana@x.example"}); diff != "" {
		t.Errorf("changes (-got +want):\n%s", diff)
	}
}

func TestNewPeopleAreInvitableOnlyWhereTheFileSaysSo(t *testing.T) {
	t.Parallel()
	p := with(with(ana, roster.Status, "-"), roster.ProgramEligibility, "-")
	c := compare(t, tenant.People{Missing: tenant.MissingDelete}, nil, []batch.Row{line(2, p)}).Changes[0]
	status, _ := c.Field(roster.Status)
	eligibility, _ := c.Field(roster.ProgramEligibility)
	if status.After != roster.StatusInactive || eligibility.After != roster.Ineligible {
		t.Errorf("status %q and eligibility %q, want inactive and ineligible", status.After, eligibility.After)
	}
}

// A row set aside that matches nobody by its one identifier may be about somebody who is known by the other. Where both can be read it is about somebody new.
func TestUnmatchedRowsAreCounted(t *testing.T) {
	t.Parallel()
	aside := func(n int, id, email string) batch.Row {
		return batch.Row{Number: n, Aside: true, UniqueID: id, Email: email}
	}
	rows := []batch.Row{
		aside(2, "", ""), aside(3, "77", ""), aside(4, "", "new@x.example"), aside(5, "78", "newer@x.example"), aside(6, "001", ""), aside(7, "", "new2@x.example"), aside(7, "", "ana@x.example"),
	}
	got := compare(t, tenant.People{Missing: tenant.MissingDelete}, []directory.Member{member(difftest.ID(0), ana, directory.Invited)}, rows)
	if got.Unmatched != 2 {
		t.Errorf("%d rows that may be about anybody, want 2 (rows 3 and 4)", got.Unmatched)
	}
	withoutIDs := []directory.Member{member(difftest.ID(0), with(ana, roster.UniqueID, ""), directory.Invited)}
	got = compare(t, tenant.People{Missing: tenant.MissingDelete}, withoutIDs, []batch.Row{aside(4, "", "new@x.example")})
	if got.Unmatched != 1 {
		t.Error("where nobody has a unique ID, a row set aside under an address that nobody has may be about anybody")
	}
}

// The change set is a pure function of its inputs, applying it makes the directory equal to the roster, and nobody who stands in the file is removed.
func TestCompareProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		members, rows := drawDirectory(t), drawRoster(t)
		people := tenant.People{Missing: tenant.MissingDelete}
		one := compareRapid(t, people, members, rows)
		shuffled := slices.Clone(members)
		slices.Reverse(shuffled)
		if two := compareRapid(t, people, shuffled, rows); two.Summary.Digest != one.Summary.Digest {
			t.Fatal("the order of members changes the digest")
		}
		present := map[string]bool{}
		for _, r := range rows {
			present["id "+r.UniqueID], present["email "+roster.FoldEmail(r.Email)] = r.UniqueID != "", r.Email != ""
		}
		for _, c := range one.Changes {
			if c.Removal && (present["id "+c.UniqueID] || present["email "+roster.FoldEmail(c.Email)]) {
				t.Fatalf("%s is in the file and would be removed", c.Email)
			}
		}
		after := apply(members, one.Changes)
		again := compareRapid(t, people, after, rows)
		if len(again.Changes) != 0 && again.Summary.Totals.SetAside == 0 && one.Summary.Totals.SetAside == 0 {
			t.Fatalf("applied once and still to do: %v", told(again))
		}
	})
}

func compareRapid(t *rapid.T, people tenant.People, members []directory.Member, rows []batch.Row) difftest.Result {
	return difftest.Compare(t, fields, rows, members, diff.Input{People: people, Now: now})
}

var (
	ids    = []string{"1", "2", "3", "4", "5", ""}
	names  = []string{"Ana", "Bob", "Cy"}
	emails = []string{"a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example", "A@x.example"}
)

func drawPerson(t *rapid.T) person {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	return person{pick("id", ids...), pick("first", names...), "Roy", pick("email", emails...), pick("status", "active", "inactive"), "eligible", pick("city", "Bern", "Rome")}
}

// drawDirectory draws members with unique ids and addresses, as the database has them.
func drawDirectory(t *rapid.T) []directory.Member {
	var members []directory.Member
	seen := map[string]bool{}
	for i := range rapid.IntRange(0, 5).Draw(t, "members") {
		p := drawPerson(t)
		folded := roster.FoldEmail(p[3])
		if seen["id "+p[0]] || seen[folded] {
			continue
		}
		seen["id "+p[0]], seen[folded] = p[0] != "", true
		state := rapid.SampledFrom([]directory.State{directory.Invited, directory.Active, directory.Deleted}).Draw(t, "state")
		if p[4] == "inactive" && state != directory.Deleted {
			state = directory.Deactivated
		}
		members = append(members, member(difftest.ID(i), p, state))
	}
	return members
}

// drawRoster draws rows as reading leaves them: duplicates of an id or an address are set aside, all of them.
func drawRoster(t *rapid.T) []batch.Row {
	var rows []batch.Row
	count := map[string]int{}
	for i := range rapid.IntRange(0, 6).Draw(t, "rows") {
		r := line(i+2, drawPerson(t))
		rows = append(rows, r)
		count["id "+r.UniqueID]++
		count["email "+roster.FoldEmail(r.Email)]++
	}
	for i, r := range rows {
		if r.UniqueID != "" && count["id "+r.UniqueID] > 1 || count["email "+roster.FoldEmail(r.Email)] > 1 {
			rows[i] = batch.Row{Number: r.Number, Aside: true, UniqueID: r.UniqueID, Email: r.Email}
		}
	}
	return rows
}

// apply does to members what an apply does, in a dozen obvious lines.
func apply(members []directory.Member, changes []changeset.Change) []directory.Member {
	byID := map[string]*directory.Member{}
	var after []*directory.Member
	for _, m := range members {
		values := map[roster.Field]string{}
		for f, v := range m.Values {
			values[f] = v
		}
		m.Values = values
		byID[m.ID] = &m
		after = append(after, &m)
	}
	for i, c := range changes {
		m := byID[c.Member]
		if c.Op == changeset.Create {
			m = &directory.Member{ID: difftest.ID(1000 + i), State: directory.Invited, Source: directory.FromRoster, Values: map[roster.Field]string{}}
			after = append(after, m)
		}
		for _, f := range c.Fields {
			m.Values[f.Field] = f.After
		}
		switch {
		case c.Op == changeset.Delete:
			m.State, m.DeletedUntil = directory.Deleted, now.Add(time.Hour)
		case m.Values[roster.Status] == roster.StatusInactive:
			m.State = directory.Deactivated
		case c.Op == changeset.Reactivate || c.Op == changeset.Restore:
			m.State = directory.Invited
		}
	}
	result := make([]directory.Member, len(after))
	for i, m := range after {
		result[i] = *m
	}
	return result
}
