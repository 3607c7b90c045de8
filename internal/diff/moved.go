package diff

import (
	"math/bits"
	"sync"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// shortestID is the shortest unique ID that is looked for in other columns: a shorter one is likely to stand there as a number of something else.
const shortestID = 4

// tokenBytes is about how much memory a removed person takes while looked for: two identifiers, or a name.
const tokenBytes = 128

// A hunt looks for the people who are to be removed in the rows that are to create somebody. It goes by hashes of 128 bits under the comparison's seed, as many people at a time as
// fit into memory: those of one range of hashes.
type hunt struct {
	*comparison
	ranges   uint64
	removals int
	found    placeSet // by creation, in order
}

// moved counts the rows that are to create somebody and may be about a person who is to be removed. A row may be so
//
//   - where the two have one name, and one of them has no unique ID: with one on both sides they are two people, but an ID that a file leaves out is no proof that its
//     row is about somebody new;
//   - where the person's unique ID or address stands in another column: the row's cells have been moved.
//
// withoutID is how many of all who are new or to be removed have no unique ID.
func (c *comparison) moved(s changeset.Summary, withoutID int) (int, error) {
	if s.Removals == 0 || s.Totals.Create == 0 {
		return 0, nil
	}
	h := hunt{comparison: c, removals: s.Removals, found: newPlaceSet(s.Totals.Create)}
	h.ranges = 1 + uint64(int64(s.Removals)*tokenBytes/max(c.share(8), 1))
	for part := range h.ranges {
		if err := h.mentioned(part); err != nil {
			return 0, err
		}
	}
	if withoutID > 0 { // otherwise two people of one name are two people
		for part := range h.ranges {
			if err := h.sameName(part); err != nil {
				return 0, err
			}
		}
	}
	n := 0
	for _, places := range h.found {
		n += bits.OnesCount64(places)
	}
	return n, nil
}

// in reports whether a hash is in the range that is looked at.
func (h *hunt) in(part uint64, hash batch.Hash) bool { return hash.Hi%h.ranges == part }

// mentioned finds the new people whose row holds an identifier of somebody who is gone.
func (h *hunt) mentioned(part uint64) error {
	gone, err := h.identifiers(part)
	if err != nil {
		return err
	}
	return h.changes.scan(h.ctx, h.Workers, creationsOnly, func(_ int, l *lot) {
		for i, c := range l.changes {
			if gone.in(c) {
				h.found.setShared(l.first + i)
			}
		}
	})
}

// identifiers are those of the people who are to be removed.
func (h *hunt) identifiers(part uint64) (*identifierSet, error) {
	s := &identifierSet{seed: h.seed, hashes: make(map[batch.Hash]struct{}, 2*h.removals/int(h.ranges))}
	var mu sync.Mutex
	add := func(identifier []byte) {
		if hash := h.seed.Cell(identifier); h.in(part, hash) {
			s.add(identifier, hash)
		}
	}
	return s, h.changes.scan(h.ctx, h.Workers, removalsOnly, func(_ int, l *lot) {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range l.changes {
			add(c.folded())
			if id := c.uniqueID(); len(id) >= shortestID {
				add(id)
			}
		}
	})
}

// An identifierSet is identifiers by their hashes, and what tells most texts from them without a hash.
type identifierSet struct {
	seed     batch.Seed
	hashes   map[batch.Hash]struct{}
	lengths  [64]bool // by lengthOf
	unmarked bool     // not all are marked
}

// lengthOf is where an identifierSet has a text's length: all long ones have one place.
func lengthOf(text []byte) int { return min(len(text), 63) }

// marked reports whether a text holds a digit or an @, as most identifiers do and most other texts do not. Folding neither makes nor takes one.
func marked(text []byte) bool {
	for _, c := range text {
		if '0' <= c && c <= '9' || c == '@' {
			return true
		}
	}
	return false
}

func (s *identifierSet) add(identifier []byte, hash batch.Hash) {
	s.hashes[hash] = struct{}{}
	s.lengths[lengthOf(identifier)] = true
	s.unmarked = s.unmarked || !marked(identifier)
}

// in reports whether a field of a new person has one of the identifiers, as it stands or folded as addresses are.
func (s *identifierSet) in(c storedChange) bool {
	r := c.reader()
	for range r.head().fields {
		_, _, text := r.field()
		if !s.unmarked && !marked(text) {
			continue
		}
		if s.has(text) {
			return true
		}
		if folded := roster.FoldEmail(string(text)); folded != string(text) && s.has([]byte(folded)) {
			return true
		}
	}
	return false
}

func (s *identifierSet) has(text []byte) bool {
	if !s.lengths[lengthOf(text)] {
		return false
	}
	_, ok := s.hashes[s.seed.Cell(text)]
	return ok
}

// missingNames counts those of one name who are to be removed.
type missingNames struct{ withID, withoutID int }

// sameName finds the new people who have the name of somebody who is gone, each of whom counts for one row. How many they are does not depend on the order of rows.
func (h *hunt) sameName(part uint64) error {
	gone, withoutID := map[batch.Hash]missingNames{}, 0
	err := h.changes.scan(h.ctx, 1, removalsOnly, func(_ int, l *lot) {
		for _, c := range l.changes {
			name := c.name()
			if !h.in(part, name) {
				continue
			}
			n := gone[name]
			if len(c.uniqueID()) == 0 {
				n.withoutID++
				withoutID++
			} else {
				n.withID++
			}
			gone[name] = n
		}
	})
	if err != nil {
		return err
	}
	return h.changes.scan(h.ctx, 1, creationsOnly, func(_ int, l *lot) {
		for i, c := range l.changes {
			hasID := len(c.uniqueID()) > 0
			if h.found.has(l.first+i) || hasID && withoutID == 0 {
				continue
			}
			name := h.newName(c)
			n := gone[name]
			switch {
			case !hasID && n.withID > 0:
				n.withID--
			case n.withoutID > 0:
				n.withoutID--
			default:
				continue
			}
			gone[name] = n
			h.found.set(l.first + i)
		}
	})
}

// newName is the nameHash of somebody who is to be created.
func (h *hunt) newName(c storedChange) batch.Hash {
	var first, last []byte
	r := c.reader()
	for range r.head().fields {
		switch number, _, text := r.field(); number {
		case h.first:
			first = text
		case h.last:
			last = text
		}
	}
	return h.nameHash(string(first), string(last))
}

// nameHash stands for a folded name.
func (c *comparison) nameHash(first, last string) batch.Hash {
	return c.seed.Cell([]byte(roster.FoldName(first, last)))
}
