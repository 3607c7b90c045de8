package diff_test

import (
	"cmp"
	"slices"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// model is a comparison with maps, in the fewest lines that say what has to come out: the engine is held to it.
type model struct {
	diff.Input
	fields    []roster.Field
	members   []directory.Member
	byID      map[string]int
	byEmail   map[string]int
	rows      []modelRow
	protected map[int]bool
	taken     map[int]int
	vague     map[int]bool
	changes   []changeset.Change
	result    diff.Result
}

type modelRow struct {
	batch.Row
	email    string
	member   int
	holder   int // of its address
	byID     bool
	conflict changeset.Conflict
}

func compareModel(in diff.Input, fields []roster.Field, rows []batch.Row, members []directory.Member) (diff.Result, []changeset.Change) {
	m := &model{Input: in, fields: fields, members: members, byID: map[string]int{}, byEmail: map[string]int{}, protected: map[int]bool{}, taken: map[int]int{}, vague: map[int]bool{}}
	for i, p := range members {
		if id := p.Value(roster.UniqueID); id != "" {
			m.byID[id] = i
		}
		m.byEmail[roster.FoldEmail(p.Value(roster.Email))] = i
		if p.State != directory.Deleted {
			m.result.Summary.Members++
		}
	}
	type seen struct{ id, email, matched bool }
	aside := map[int]seen{}
	for _, r := range rows {
		if r.Aside {
			a := aside[r.Number]
			aside[r.Number] = seen{a.id || r.UniqueID != "", a.email || r.Email != "", m.protect(r) || a.matched}
			continue
		}
		m.rows = append(m.rows, modelRow{Row: r, email: roster.FoldEmail(r.Email), member: -1, holder: -1})
	}
	for _, a := range aside {
		if !a.matched && a.id != a.email {
			m.result.Unmatched++
		}
	}
	m.match()
	m.setAside()
	m.change()
	gone := m.remove()
	changeset.Sort(m.changes)
	m.count()
	m.moved(gone)
	return m.result, m.changes
}

func (m *model) protect(r batch.Row) (matched bool) {
	if i, ok := m.byID[r.UniqueID]; ok && r.UniqueID != "" {
		m.protected[i], matched = true, true
	}
	if i, ok := m.byEmail[roster.FoldEmail(r.Email)]; ok && r.Email != "" {
		m.protected[i], matched = true, true
	}
	return matched
}

func (m *model) value(r modelRow, f roster.Field) (string, bool) {
	i := slices.Index(m.fields, f)
	if i < 0 || r.Cells[i].Absent {
		return "", false
	}
	return r.Cells[i].Text, true
}

func (m *model) match() {
	for i := range m.rows {
		r := &m.rows[i]
		if k, ok := m.byEmail[r.email]; ok {
			r.member, r.holder = k, k
		}
		if k, ok := m.byID[r.UniqueID]; ok && r.UniqueID != "" {
			r.member, r.byID = k, true
		}
		if r.byID && r.email != "" && m.stays(*r) {
			r.holder = r.member // whoever else has the address
		}
		m.taken[r.member]++
		m.vague[r.member] = m.vague[r.member] || r.UniqueID == ""
	}
}

func (m *model) stays(r modelRow) bool {
	return r.email == roster.FoldEmail(m.members[r.member].Value(roster.Email))
}

func (m *model) setAside() {
	for i, r := range m.rows {
		m.rows[i].conflict = m.identity(r)
	}
	for again := true; again; {
		again = false
		leaving := map[int]bool{}
		for _, r := range m.rows {
			leaving[r.member] = leaving[r.member] || r.conflict == "" && r.member >= 0 && !m.stays(r)
		}
		for i, r := range m.rows {
			if r.conflict == "" {
				m.rows[i].conflict = m.address(r, leaving)
				again = again || m.rows[i].conflict != ""
			}
		}
	}
	m.result.Summary.Conflicts = map[changeset.Conflict]int{}
	for _, r := range m.rows {
		if r.conflict != "" {
			m.result.Summary.Conflicts[r.conflict]++
			m.result.Summary.Totals.SetAside++
			m.protected[r.member], m.protected[r.holder] = true, true
		}
	}
}

func (m *model) identity(r modelRow) changeset.Conflict {
	if r.member < 0 {
		return ""
	}
	p := m.members[r.member]
	first, _ := m.value(r, roster.FirstName)
	last, _ := m.value(r, roster.LastName)
	same := roster.SameName(first, last, p.Value(roster.FirstName), p.Value(roster.LastName))
	switch several := m.taken[r.member] > 1; {
	case several && !r.byID && r.UniqueID != "":
		return changeset.AddressRecycled
	case several && m.vague[r.member]:
		return changeset.MatchedTwice
	case p.State == directory.Deleted && !p.Restorable(m.Now):
		return changeset.AddressHeld
	case r.byID && !same && !m.stays(r):
		return changeset.IdentitySwapped
	case !r.byID && r.UniqueID != "" && p.Value(roster.UniqueID) != "" && !same:
		return changeset.AddressRecycled
	}
	return ""
}

func (m *model) address(r modelRow, leaving map[int]bool) changeset.Conflict {
	switch {
	case r.holder < 0 || r.holder == r.member:
		return ""
	case m.members[r.holder].State == directory.Deleted:
		return changeset.AddressHeld
	case !leaving[r.holder]:
		return changeset.AddressTaken
	}
	return ""
}

func (m *model) change() {
	for _, r := range m.rows {
		if r.conflict != "" {
			continue
		}
		c := m.creation(r)
		if r.member >= 0 {
			c = m.difference(r, m.members[r.member])
		}
		if c.Op == "" {
			m.result.Summary.Totals.Unchanged++
			continue
		}
		m.changes = append(m.changes, c)
	}
}

func (m *model) eligibility(r modelRow, p directory.Member) string {
	return m.People.Eligibility(func(f roster.Field) string {
		if text, present := m.value(r, f); present {
			return text
		}
		return p.Value(f)
	})
}

func (m *model) derives() bool { return !slices.Contains(m.fields, roster.ProgramEligibility) }

func (m *model) creation(r modelRow) changeset.Change {
	c := changeset.Change{Op: changeset.Create, Row: r.Number, UniqueID: r.UniqueID, Email: r.Email}
	for _, f := range m.fields {
		value, _ := m.value(r, f)
		if f == roster.Status && value != roster.StatusActive {
			value = roster.StatusInactive
		}
		if f == roster.ProgramEligibility && value != roster.Eligible {
			value = roster.Ineligible
		}
		if value != "" {
			c.Fields = append(c.Fields, changeset.FieldChange{Field: f, After: value})
		}
	}
	if m.derives() && m.People.EligibleWhen != nil {
		c.Fields = append(c.Fields, changeset.FieldChange{Field: roster.ProgramEligibility, After: m.eligibility(r, directory.Member{})})
	}
	return c
}

func (m *model) difference(r modelRow, p directory.Member) changeset.Change {
	c := changeset.Change{Member: p.ID, Version: p.Version, Row: r.Number, UniqueID: cmp.Or(r.UniqueID, p.Value(roster.UniqueID)), Email: r.Email}
	for _, f := range m.fields {
		if after, present := m.value(r, f); present && after != p.Value(f) {
			c.Fields = append(c.Fields, changeset.FieldChange{Field: f, Before: p.Value(f), After: after})
		}
	}
	if before, after := cmp.Or(p.Value(roster.ProgramEligibility), roster.Eligible), m.eligibility(r, p); m.derives() && before != after {
		c.Fields = append(c.Fields, changeset.FieldChange{Field: roster.ProgramEligibility, Before: before, After: after})
	}
	if id, moved := c.Field(roster.UniqueID); moved && id.Before != "" {
		m.result.Rekeys++
	}
	status := p.Value(roster.Status)
	if s, present := m.value(r, roster.Status); present {
		status = s
	} else if !slices.Contains(m.fields, roster.Status) {
		status = roster.StatusActive
	}
	switch {
	case p.State == directory.Deleted:
		c.Op = changeset.Restore
	case p.State == directory.Deactivated && status == roster.StatusActive:
		c.Op = changeset.Reactivate
	case p.State != directory.Deactivated && status == roster.StatusInactive:
		c.Op = changeset.Deactivate
	case len(c.Fields) > 0:
		c.Op = changeset.Update
	}
	return c
}

func (m *model) remove() (gone []directory.Member) {
	op := changeset.Delete
	if m.People.Missing == tenant.MissingDeactivate {
		op = changeset.Deactivate
	}
	m.result.Summary.RemovalOp = op
	for i, p := range m.members {
		if m.taken[i] > 0 || m.protected[i] || p.Source != directory.FromRoster || p.State == directory.Deleted {
			continue
		}
		if m.People.Missing == tenant.MissingKeep || op == changeset.Deactivate && p.State == directory.Deactivated {
			m.result.Summary.Totals.Unchanged++
			continue
		}
		if slices.ContainsFunc(m.People.Protect, func(a string) bool { return roster.FoldEmail(a) == roster.FoldEmail(p.Value(roster.Email)) }) {
			m.result.Protected++
			continue
		}
		gone = append(gone, p)
		m.changes = append(m.changes, changeset.Change{Op: op, Removal: true, Member: p.ID, Version: p.Version, UniqueID: p.Value(roster.UniqueID), Email: p.Value(roster.Email)})
	}
	return gone
}

func (m *model) count() {
	s := &m.result.Summary
	s.Epoch, s.Rows = m.Epoch, len(m.rows)
	s.Fields, s.Emptied = map[roster.Field]int{}, map[roster.Field]int{}
	d := changeset.NewDigester(m.FileSHA256, m.MappingDigest)
	for _, c := range m.changes {
		d.Add(c)
		s.Totals.Add(c.Op)
		if c.Removal {
			s.Removals++
		}
		for _, f := range c.Fields {
			if c.Op == changeset.Create {
				continue
			}
			s.Fields[f.Field]++
			if f.After == "" {
				s.Emptied[f.Field]++
			}
		}
	}
	s.Digest = d.Digest()
}

func (m *model) moved(gone []directory.Member) {
	identifiers, withID, withoutID := map[string]bool{}, map[string]int{}, map[string]int{}
	for _, p := range gone {
		identifiers[roster.FoldEmail(p.Value(roster.Email))] = true
		name, id := roster.FoldName(p.Value(roster.FirstName), p.Value(roster.LastName)), p.Value(roster.UniqueID)
		if len(id) >= 4 {
			identifiers[id] = true
		}
		if id == "" {
			withoutID[name]++
		} else {
			withID[name]++
		}
	}
	for _, c := range m.changes {
		if c.Op != changeset.Create {
			continue
		}
		first, _ := c.Field(roster.FirstName)
		last, _ := c.Field(roster.LastName)
		name := roster.FoldName(first.After, last.After)
		switch {
		case slices.ContainsFunc(c.Fields, func(f changeset.FieldChange) bool {
			return identifiers[f.After] || identifiers[roster.FoldEmail(f.After)]
		}):
		case c.UniqueID == "" && withID[name] > 0:
			withID[name]--
		case withoutID[name] > 0:
			withoutID[name]--
		default:
			continue
		}
		m.result.AddressesWithoutID++
	}
}
