package intake

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// A keyTable remembers of each row the hashes of its identifiers, 32 bytes a person, to find the few rows that share one. What it finds are suspects: the hashes
// are not proof, so the rows themselves are compared afterwards.
type keyTable struct {
	ids, addresses []key
	// aside are the hashes of all that rows say that were set aside and have an identifier, in the order of rows: the spool has nothing of them but who they are about.
	aside []key
}

type key struct {
	hash uint64
	row  int
}

func (t *keyTable) add(row batch.Row) {
	if row.UniqueID != "" {
		t.ids = append(t.ids, key{xxh3.HashString(row.UniqueID), row.Number})
	}
	if row.Email != "" {
		t.addresses = append(t.addresses, key{xxh3.HashString(roster.FoldEmail(row.Email)), row.Number})
	}
}

// addAside is add for a row that is set aside, whose cells are these.
func (t *keyTable) addAside(row batch.Row, cells []string) {
	t.add(row)
	var b strings.Builder
	for _, c := range cells {
		appendContent(&b, normal(c))
	}
	t.aside = append(t.aside, key{xxh3.HashString(b.String()), row.Number})
}

// asideContent stands for all that a row says that was set aside.
func (t *keyTable) asideContent(row int) string {
	i, found := slices.BinarySearchFunc(t.aside, row, func(k key, row int) int { return cmp.Compare(k.row, row) })
	if !found {
		return strconv.Itoa(row)
	}
	return strconv.FormatUint(t.aside[i].hash, 16)
}

// suspects returns the numbers of the rows that seem to share an identifier with another row.
func (t *keyTable) suspects() map[int]bool {
	rows := map[int]bool{}
	for _, keys := range [][]key{t.ids, t.addresses} {
		slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(a.hash, b.hash) })
		for i := 1; i < len(keys); i++ {
			if keys[i].hash == keys[i-1].hash {
				rows[keys[i].row], rows[keys[i-1].row] = true, true
			}
		}
	}
	return rows
}

// A claim is a row that seems to share an identifier.
type claim struct {
	row         int
	id, address string // as written
	content     string // all that it says, or what stands for that
	aside       bool   // it was set aside before
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
	first := map[string]int{}
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

// content returns all that a row says, as one text that no other row shares.
func content(row batch.Row) string {
	var b strings.Builder
	for _, c := range row.Cells {
		if c.Absent {
			b.WriteString("-;")
			continue
		}
		appendContent(&b, c.Text)
	}
	return b.String()
}

func appendContent(b *strings.Builder, text string) {
	b.WriteString(strconv.Itoa(len(text)))
	b.WriteByte(':')
	b.WriteString(text)
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
