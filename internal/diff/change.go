package diff

import (
	"cmp"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// change computes what each good row changes.
func (c *comparison) change() {
	for _, r := range c.rows {
		switch {
		case r.conflict != "":
		case r.member == none:
			c.changes = append(c.changes, c.creation(r))
		default:
			if ch, changed := c.difference(r, c.members[r.member]); changed {
				c.changes = append(c.changes, ch)
			} else {
				c.summary.Totals.Unchanged++
			}
		}
	}
}

// creation is a new person with every field that has a value.
//
// Where status or eligibility is mapped and the row says neither of its words, the person is taken as inactive or ineligible: somebody new is
// invited only where the file says so exactly. Where it is not mapped, everybody is active; who is eligible then, the tenant's rules say.
func (c *comparison) creation(r row) changeset.Change {
	ch := changeset.Change{Op: changeset.Create, Row: r.Number, UniqueID: r.UniqueID, Email: r.Email}
	for i, f := range c.Fields {
		value := r.Cells[i].Text
		if r.Cells[i].Absent {
			value = ""
		}
		switch {
		case f == roster.Status && value != roster.StatusActive:
			value = roster.StatusInactive
		case f == roster.ProgramEligibility && value != roster.Eligible:
			value = roster.Ineligible
		}
		if value != "" {
			ch.Fields = append(ch.Fields, changeset.FieldChange{Field: f, After: value})
		}
	}
	if c.derivesEligibility() && c.People.EligibleWhen != nil {
		ch.Fields = append(ch.Fields, changeset.FieldChange{Field: roster.ProgramEligibility, After: c.eligibility(r, directory.Member{})})
	}
	return ch
}

// derivesEligibility reports whether no column says who is eligible, so that the tenant's rules do.
func (c *comparison) derivesEligibility() bool {
	_, mapped := c.index[roster.ProgramEligibility]
	return !mapped
}

// eligibility is whether m is eligible by the tenant's rules once the row has been applied.
func (c *comparison) eligibility(r row, m directory.Member) string {
	return c.People.Eligibility(func(f roster.Field) string {
		if text, present := c.value(r, f); present {
			return text
		}
		return m.Value(f)
	})
}

// difference is what the row changes about its member. A change of state outranks an update.
func (c *comparison) difference(r row, m directory.Member) (changeset.Change, bool) {
	ch := changeset.Change{Op: changeset.Update, Member: m.ID, Version: m.Version, Row: r.Number, UniqueID: r.UniqueID, Email: r.Email}
	if ch.UniqueID == "" {
		ch.UniqueID = m.Value(roster.UniqueID)
	}
	for i, f := range c.Fields {
		cell := r.Cells[i]
		if before := m.Value(f); !cell.Absent && cell.Text != before {
			ch.Fields = append(ch.Fields, changeset.FieldChange{Field: f, Before: before, After: cell.Text})
		}
	}
	if c.derivesEligibility() {
		before := cmp.Or(m.Value(roster.ProgramEligibility), roster.Eligible) // a member of whom nothing was ever said is eligible
		if after := c.eligibility(r, m); after != before {
			ch.Fields = append(ch.Fields, changeset.FieldChange{Field: roster.ProgramEligibility, Before: before, After: after})
		}
	}
	if id, moved := ch.Field(roster.UniqueID); moved && id.Before != "" {
		c.rekeys++
	}
	status := m.Value(roster.Status)
	if s, present := c.value(r, roster.Status); present {
		status = s
	} else if _, mapped := c.index[roster.Status]; !mapped {
		status = roster.StatusActive // where no file can say so, being in one says it
	}
	switch {
	case m.State == directory.Deleted:
		ch.Op = changeset.Restore
	case m.State == directory.Deactivated && status == roster.StatusActive:
		ch.Op = changeset.Reactivate
	case m.State != directory.Deactivated && status == roster.StatusInactive:
		ch.Op = changeset.Deactivate
	default:
		return ch, len(ch.Fields) > 0
	}
	return ch, true
}

// remove finds the people whom a roster brought, who are in no row of this one, and whom nothing protects.
func (c *comparison) remove() {
	spared := map[string]bool{}
	for _, address := range c.People.Protect {
		spared[roster.FoldEmail(address)] = true
	}
	for i, m := range c.members {
		if c.taken[i] > 0 || c.protected[i] || m.Source != directory.FromRoster || m.State == directory.Deleted {
			continue
		}
		op := c.removalOp()
		switch {
		case c.People.Missing == tenant.MissingKeep, op == changeset.Deactivate && m.State == directory.Deactivated:
			c.summary.Totals.Unchanged++
			continue
		case spared[roster.FoldEmail(m.Value(roster.Email))]:
			c.kept++
			continue
		}
		c.changes = append(c.changes, changeset.Change{Op: op, Removal: true, Member: m.ID, Version: m.Version,
			UniqueID: m.Value(roster.UniqueID), Email: m.Value(roster.Email)})
	}
}

// removalOp is what happens to people who are removed.
func (c *comparison) removalOp() changeset.Op {
	if c.People.Missing == tenant.MissingDeactivate {
		return changeset.Deactivate
	}
	return changeset.Delete
}
