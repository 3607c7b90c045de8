package diff

import (
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// shortestID is the shortest unique ID that is looked for in other columns: a shorter one is likely to stand there as a number of something else.
const shortestID = 4

// tokenBytes is about how much memory a removed person takes while looked for: two identifiers, or a name.
const tokenBytes = 160

// A hunt looks for the people who are to be removed in the rows that are to create somebody. It goes by hashes of 128 bits under the comparison's seed, as many people at a time as
// fit into memory: those of one range of hashes.
type hunt struct {
	*comparison
	ranges uint64
	found  placeSet // by creation, in order
}

// missingNames counts those of one name who are to be removed.
type missingNames struct{ withID, withoutID int }

// moved counts the rows that are to create somebody and may be about a person who is to be removed. A row may be so
//
//   - where the two have one name, and one of them has no unique ID: with one on both sides they are two people, but an ID that a file leaves out is no proof that its
//     row is about somebody new;
//   - where the person's unique ID or address stands in another column: the row's cells have been moved.
func (c *comparison) moved(s changeset.Summary) (int, error) {
	if s.Removals == 0 || s.Totals.Create == 0 {
		return 0, nil
	}
	h := hunt{comparison: c, found: newPlaceSet(s.Totals.Create)}
	h.ranges = 1 + uint64(int64(s.Removals)*tokenBytes/max(c.share(8), 1))
	for part := range h.ranges {
		if err := h.mentioned(part); err != nil {
			return 0, err
		}
	}
	for part := range h.ranges {
		if err := h.sameName(part); err != nil {
			return 0, err
		}
	}
	n := 0
	for i := range s.Totals.Create {
		if h.found.has(i) {
			n++
		}
	}
	return n, nil
}

// in reports whether a hash is in the range that is looked at.
func (h *hunt) in(part uint64, hash batch.Hash) bool { return hash.Hi%h.ranges == part }

// removals calls do for all who are to be removed.
func (h *hunt) removals(do func(ch changeset.Change, name batch.Hash)) error {
	return h.each(removalsOnly, func(_ int, ch changeset.Change, name batch.Hash) { do(ch, name) })
}

// each calls do for the changes of some stages with their number.
func (h *hunt) each(stages stageRange, do func(i int, ch changeset.Change, name batch.Hash)) error {
	i := 0
	for stored, err := range h.changes.stored(stages) {
		if err == nil && i%1024 == 0 {
			err = h.ctx.Err()
		}
		if err != nil {
			return err
		}
		ch, name := stored.change(h.names)
		do(i, ch, name)
		i++
	}
	return nil
}

// mentioned finds the new people whose row holds an identifier of somebody who is gone.
func (h *hunt) mentioned(part uint64) error {
	gone := map[batch.Hash]struct{}{}
	add := func(identifier string) {
		if hash := h.seed.Cell([]byte(identifier)); h.in(part, hash) {
			gone[hash] = struct{}{}
		}
	}
	err := h.removals(func(ch changeset.Change, _ batch.Hash) {
		add(roster.FoldEmail(ch.Email))
		if len(ch.UniqueID) >= shortestID {
			add(ch.UniqueID)
		}
	})
	if err != nil {
		return err
	}
	has := func(text string) bool {
		hash := h.seed.Cell([]byte(text))
		if !h.in(part, hash) {
			return false
		}
		_, ok := gone[hash]
		return ok
	}
	return h.each(creationsOnly, func(i int, ch changeset.Change, _ batch.Hash) {
		for _, f := range ch.Fields {
			folded := roster.FoldEmail(f.After)
			if has(f.After) || folded != f.After && has(folded) {
				h.found.set(i)
				return
			}
		}
	})
}

// sameName finds the new people who have the name of somebody who is gone, each of whom counts for one row. How many they are does not depend on the order of rows.
func (h *hunt) sameName(part uint64) error {
	gone, withoutID := map[batch.Hash]missingNames{}, 0
	err := h.removals(func(ch changeset.Change, name batch.Hash) {
		if !h.in(part, name) {
			return
		}
		n := gone[name]
		if ch.UniqueID == "" {
			n.withoutID++
			withoutID++
		} else {
			n.withID++
		}
		gone[name] = n
	})
	if err != nil {
		return err
	}
	return h.each(creationsOnly, func(i int, ch changeset.Change, _ batch.Hash) {
		if h.found.has(i) || ch.UniqueID != "" && withoutID == 0 {
			return
		}
		first, _ := ch.Field(roster.FirstName)
		last, _ := ch.Field(roster.LastName)
		name := h.nameHash(first.After, last.After)
		n, ok := gone[name]
		switch {
		case !ok:
			return
		case ch.UniqueID == "" && n.withID > 0:
			n.withID--
		case n.withoutID > 0:
			n.withoutID--
		default:
			return
		}
		gone[name] = n
		h.found.set(i)
	})
}

// nameHash stands for a folded name.
func (c *comparison) nameHash(first, last string) batch.Hash {
	return c.seed.Cell([]byte(roster.FoldName(first, last)))
}
