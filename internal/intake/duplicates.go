package intake

import (
	"slices"
	"strconv"
	"strings"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// A claim is a row that seems to share an identifier.
type claim struct {
	row         int
	id, address string     // as written
	by          uint8      // which of the two nobody else may have
	content     batch.Hash // of all that it says
	known       bool       // its identifiers and content are not here
	aside       bool       // it was set aside before
}

// duplicates says what becomes of rows that share an identifier.
type duplicates struct {
	same    map[int]int     // rows that repeat another one, which is kept
	byID    map[int][]claim // rows that are set aside, with all that share the ID
	byEmail map[int][]claim
}

// resolve compares the suspects, which come in the order of the file.
func resolve(claims []claim) duplicates {
	d := duplicates{same: map[int]int{}, byID: map[int][]claim{}, byEmail: map[int][]claim{}}
	first := map[batch.Hash]int{}
	claims = slices.DeleteFunc(claims, func(c claim) bool {
		if c.aside {
			return false
		}
		row, seen := first[c.content]
		if seen {
			d.same[c.row] = row
			return true
		}
		first[c.content] = c.row
		return false
	})
	byID := group(claims, func(c claim) string { return c.id })
	for _, c := range claims {
		if others := byID[c.id]; c.id != "" && differ(others) {
			d.byID[c.row] = others
		}
	}
	byEmail := group(claims, func(c claim) string { return roster.FoldEmail(c.address) })
	for _, c := range claims {
		if others := byEmail[roster.FoldEmail(c.address)]; c.address != "" && differ(others) && !onePerson(others) {
			d.byEmail[c.row] = others
		}
	}
	return d
}

func group(claims []claim, by func(claim) string) map[string][]claim {
	groups := map[string][]claim{}
	for _, c := range claims {
		groups[by(c)] = append(groups[by(c)], c)
	}
	return groups
}

// differ reports whether the claims are not all the same: rows that say the same and are set aside for what they say are no contradiction.
func differ(claims []claim) bool {
	return slices.ContainsFunc(claims, func(c claim) bool { return c.content != claims[0].content || c.aside != claims[0].aside })
}

// onePerson reports whether the claims are all under one unique ID: then the ID is what stands twice.
func onePerson(claims []claim) bool {
	return claims[0].id != "" && !slices.ContainsFunc(claims, func(c claim) bool { return c.id != claims[0].id })
}

// rowsOf lists the claims' rows for a sentence.
func rowsOf(claims []claim) string {
	const most = 8
	rows := make([]string, 0, most+1)
	for i, c := range claims {
		if i == most {
			rows = append(rows, "…")
			break
		}
		rows = append(rows, strconv.Itoa(c.row))
	}
	return strings.Join(rows, ", ")
}
