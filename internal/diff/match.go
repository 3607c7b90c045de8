package diff

import (
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// match finds the member that each row is about: the one with its unique ID, else the one with its address.
func (c *comparison) match() {
	for i := range c.rows {
		r := &c.rows[i]
		if m, ok := c.byID[r.UniqueID]; ok && r.UniqueID != "" {
			r.member, r.byID = m, true
		} else if m, ok := c.byEmail[r.email]; ok {
			r.member = m
		}
		if r.member != none {
			c.taken[r.member]++
			c.vague[r.member] = c.vague[r.member] || r.UniqueID == ""
		}
	}
}

// setConflictsAside finds the rows whose person is not surely the member that they match. Setting one aside can leave another without the address
// that it counted on, so it goes round until nothing changes; every round sets at least one row aside, so it ends.
func (c *comparison) setConflictsAside() {
	for i := range c.rows {
		c.rows[i].conflict = c.identityConflict(c.rows[i])
	}
	for changed := true; changed; {
		changed = false
		leaving := c.leaving()
		for i := range c.rows {
			r := &c.rows[i]
			if r.conflict == "" {
				r.conflict = c.addressConflict(*r, leaving)
				changed = changed || r.conflict != ""
			}
		}
	}
	c.summary.Conflicts = map[changeset.Conflict]int{}
	for _, r := range c.rows {
		if r.conflict == "" {
			continue
		}
		c.summary.Conflicts[r.conflict]++
		c.summary.Totals.SetAside++
		c.protect(r.Row)
		if r.member != none {
			c.protected[r.member] = true
		}
	}
}

// identityConflict says why a row's person may be another than the member that it matches.
func (c *comparison) identityConflict(r row) changeset.Conflict {
	if r.member == none {
		return ""
	}
	m := c.members[r.member]
	first, _ := c.value(r, roster.FirstName)
	last, _ := c.value(r, roster.LastName)
	sameName := roster.SameName(first, last, m.Value(roster.FirstName), m.Value(roster.LastName))
	sameAddress := r.email == roster.FoldEmail(m.Value(roster.Email))
	oldID := m.Value(roster.UniqueID)
	switch {
	case c.taken[r.member] > 1 && !r.byID && r.UniqueID != "":
		// Another row has this member's unique ID and has left the address, or both would be duplicates: this one is somebody new with a used address.
		return changeset.AddressRecycled
	case c.taken[r.member] > 1 && c.vague[r.member]:
		return changeset.MatchedTwice
	case m.State == directory.Deleted && !m.Restorable(c.Now):
		return changeset.AddressHeld
	case r.byID && !sameName && !sameAddress:
		return changeset.IdentitySwapped
	case !r.byID && r.UniqueID != "" && oldID != "" && !sameName:
		return changeset.AddressRecycled
	}
	return ""
}

// leaving returns, by member, whether a good row moves the member away from the address that the directory has.
func (c *comparison) leaving() map[int]bool {
	leaving := map[int]bool{}
	for _, r := range c.rows {
		if r.conflict == "" && r.member != none && r.email != roster.FoldEmail(c.members[r.member].Value(roster.Email)) {
			leaving[r.member] = true
		}
	}
	return leaving
}

// addressConflict says why a row can't have its address: somebody else holds it and does not leave it. Who leaves it must be matched by unique ID, so
// that two people who swap addresses under their own IDs are no conflict.
func (c *comparison) addressConflict(r row, leaving map[int]bool) changeset.Conflict {
	holder, held := c.byEmail[r.email]
	switch {
	case !held || holder == r.member:
		return ""
	case c.members[holder].State == directory.Deleted:
		return changeset.AddressHeld
	case !leaving[holder]:
		return changeset.AddressTaken
	case r.member == none:
		// A new person with the address that another member gives up in this very file: a recycled address, which is never inherited unseen.
		return changeset.AddressRecycled
	}
	return ""
}
