package diff

import (
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// gone is who is to be removed, by what a row may still say of them.
type gone struct {
	identifiers map[string]bool // unique IDs, and addresses folded
	names       map[string]missing
}

// missing counts those of one name.
type missing struct{ withID, withoutID int }

// shortestID is the shortest unique ID that is looked for in other columns: a shorter one is likely to stand there as a number of something else.
const shortestID = 4

// moved counts the rows that are to create somebody and may be about a person who is to be removed. A row may be so
//
//   - where the two have one name, and one of them has no unique ID: with one on both sides they are two people, but an ID that a file leaves out is no proof that its
//     row is about somebody new;
//   - where the person's unique ID or address stands in another column: the row's cells have been moved.
func (c *comparison) moved() int {
	g := c.gone()
	if len(g.names) == 0 {
		return 0
	}
	moved := 0
	for _, ch := range c.changes {
		if ch.Op == changeset.Create && (g.mentioned(ch) || g.sameName(ch)) {
			moved++
		}
	}
	return moved
}

func (c *comparison) gone() gone {
	g := gone{identifiers: map[string]bool{}, names: map[string]missing{}}
	byMember := map[string]directory.Member{}
	for _, m := range c.members {
		byMember[m.ID] = m
	}
	for _, ch := range c.changes {
		if !ch.Removal {
			continue
		}
		m := byMember[ch.Member]
		name := roster.FoldName(m.Value(roster.FirstName), m.Value(roster.LastName))
		n := g.names[name]
		if ch.UniqueID == "" {
			n.withoutID++
		} else {
			n.withID++
		}
		g.names[name] = n
		g.identifiers[roster.FoldEmail(m.Value(roster.Email))] = true
		if len(ch.UniqueID) >= shortestID {
			g.identifiers[ch.UniqueID] = true
		}
	}
	return g
}

// mentioned reports whether a new person's row holds an identifier of somebody who is gone.
func (g gone) mentioned(ch changeset.Change) bool {
	for _, f := range ch.Fields {
		if g.identifiers[f.After] || g.identifiers[roster.FoldEmail(f.After)] {
			return true
		}
	}
	return false
}

// sameName reports whether a new person has the name of somebody who is gone, and takes that one out of the count.
func (g gone) sameName(ch changeset.Change) bool {
	first, _ := ch.Field(roster.FirstName)
	last, _ := ch.Field(roster.LastName)
	name := roster.FoldName(first.After, last.After)
	n := g.names[name]
	switch {
	case ch.UniqueID == "" && n.withID > 0:
		n.withID--
	case n.withoutID > 0:
		n.withoutID--
	default:
		return false
	}
	g.names[name] = n
	return true
}
