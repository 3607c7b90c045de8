package diff

import (
	"cmp"
	"slices"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// The conflicts by their number in the state of a row, where 0 is none.
const (
	identitySwapped = 1 + iota
	addressRecycled
	addressTaken
	addressHeld
	matchedTwice
)

var conflicts = [8]changeset.Conflict{
	identitySwapped: changeset.IdentitySwapped, addressRecycled: changeset.AddressRecycled, addressTaken: changeset.AddressTaken,
	addressHeld: changeset.AddressHeld, matchedTwice: changeset.MatchedTwice,
}

// identityConflict says why a row's person may be another than the member that it matches. stays: its address is the member's.
func (c *comparison) identityConflict(r *rowValues, b *batch.Members, i int, member int32, stays bool) uint16 {
	flags, byID := c.members.flags[member], r.match&matchID != 0
	several := flags&memberTakenMore != 0
	switch {
	case several && !byID && len(r.uniqueID) > 0:
		// Another row has this member's unique ID and has left the address, or both would be duplicates: this one is somebody new with a used address.
		return addressRecycled
	case several && flags&memberVague != 0:
		return matchedTwice
	case b.Presence[i] == batch.Deleted && c.now >= b.DeletedUntil[i]:
		return addressHeld
	case byID && !stays && !c.sameName(r, b, i):
		return identitySwapped
	case !byID && len(r.uniqueID) > 0 && len(b.UniqueID.Bytes(i)) > 0 && !c.sameName(r, b, i):
		return addressRecycled
	}
	return 0
}

// sameName reports whether a row and a member have one name.
func (c *comparison) sameName(r *rowValues, b *batch.Members, i int) bool {
	first, _ := r.cell(c.first)
	last, _ := r.cell(c.last)
	oldFirst, oldLast := c.layout.value(b, roster.FirstName, i), c.layout.value(b, roster.LastName, i)
	if string(first) == string(oldFirst) && string(last) == string(oldLast) {
		return true
	}
	return roster.SameName(string(first), string(last), string(oldFirst), string(oldLast))
}

// setConflictsAside finds the rows that can't have their address, and protects everybody whom a row in conflict may be about.
func (c *comparison) setConflictsAside() error {
	if err := c.addressConflicts(); err != nil {
		return err
	}
	c.summary.Conflicts = map[changeset.Conflict]int{}
	for i, s := range c.rows.state {
		conflict := s & conflictMask / rowConflict
		if conflict == 0 {
			continue
		}
		c.summary.Conflicts[conflicts[conflict]]++
		c.summary.Totals.SetAside++
		c.members.protect(c.rows.member[i])
		if s&rowHasEmail != 0 {
			c.members.protect(c.rows.holder[i])
		}
	}
	return c.ctx.Err()
}

// conflicted are the rows in conflict.
func (c *comparison) conflicted() placeSet {
	b := newPlaceSet(len(c.rows.state))
	for i, s := range c.rows.state {
		if s&conflictMask != 0 {
			b.set(i)
		}
	}
	return b
}

// A claims is who wants an address that another member holds.
//
// Somebody may take an address only where its holder leaves it, in a row that is not in conflict itself. So setting one row aside can leave another without the address that it
// counted on, and so on: a chain is followed row by row, so that its length does not matter.
type claims struct {
	*comparison
	rows    []int32  // places of the rows without a conflict whose address another member holds, by holder
	holders []int32  // in ascending order
	first   []int32  // by holder: its first in rows; one more than there are holders
	leavers []int32  // by holder: how many good rows move the holder away from the address
	held    placeSet // members who are holders
}

// addressConflicts says why rows can't have their address.
func (c *comparison) addressConflicts() error {
	cl := claims{comparison: c}
	for i, s := range c.rows.state {
		if s&(rowDropped|rowAside|conflictMask) == 0 && c.rows.holder[i] != none && c.rows.holder[i] != c.rows.member[i] {
			cl.rows = append(cl.rows, int32(i))
		}
	}
	if len(cl.rows) == 0 {
		return c.ctx.Err()
	}
	holder := c.rows.holder
	slices.SortFunc(cl.rows, func(a, b int32) int { return cmp.Or(cmp.Compare(holder[a], holder[b]), cmp.Compare(a, b)) })
	cl.group()
	cl.countLeavers()
	return cl.follow(cl.start())
}

func (cl *claims) group() {
	cl.held = newPlaceSet(len(cl.members.flags))
	for i, r := range cl.rows {
		h := cl.comparison.rows.holder[r]
		if n := len(cl.holders); n == 0 || cl.holders[n-1] != h {
			cl.holders, cl.first = append(cl.holders, h), append(cl.first, int32(i))
			cl.held.set(int(h))
		}
	}
	cl.first = append(cl.first, int32(len(cl.rows)))
	cl.leavers = make([]int32, len(cl.holders))
}

// leaves returns the index among the holders of whom a row moves away from the address that the directory has, or none.
func (cl *claims) leaves(row int32) int {
	m := cl.comparison.rows.member[row]
	if m == none || !cl.held.has(int(m)) || cl.state(row)&rowStays != 0 {
		return none
	}
	i, _ := slices.BinarySearch(cl.holders, m)
	return i
}

func (cl *claims) state(row int32) uint16 { return cl.comparison.rows.state[row] }

func (cl *claims) countLeavers() {
	for i, s := range cl.comparison.rows.state {
		if s&(rowOpen|rowAside|conflictMask) != rowOpen {
			continue
		}
		if h := cl.leaves(int32(i)); h != none {
			cl.leavers[h]++
		}
	}
}

// start sets aside whoever can't have an address as things stand at first, and returns those rows.
func (cl *claims) start() (set []int32) {
	for h, holder := range cl.holders {
		conflict := uint16(0)
		switch {
		case cl.members.flags[holder]&memberDeleted != 0:
			conflict = addressHeld
		case cl.leavers[h] == 0:
			conflict = addressTaken
		default:
			continue
		}
		set = cl.set(h, conflict, set)
	}
	return set
}

// set gives every claim of a holder's address that has none yet a conflict, and adds the row to set.
func (cl *claims) set(h int, conflict uint16, set []int32) []int32 {
	for _, row := range cl.rows[cl.first[h]:cl.first[h+1]] {
		if cl.state(row)&conflictMask == 0 {
			cl.comparison.rows.state[row] |= conflict * rowConflict
			set = append(set, row)
		}
	}
	return set
}

// follow sets aside the claims of addresses that rows which were set aside do not leave after all.
func (cl *claims) follow(set []int32) error {
	for n := 0; len(set) > 0; n++ {
		if n%(1<<16) == 0 && cl.ctx.Err() != nil {
			return cl.ctx.Err()
		}
		row := set[len(set)-1]
		set = set[:len(set)-1]
		h := cl.leaves(row)
		if h == none {
			continue
		}
		if cl.leavers[h]--; cl.leavers[h] == 0 {
			set = cl.set(h, addressTaken, set)
		}
	}
	return nil
}
