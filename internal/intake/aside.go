package intake

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// Whoever stands in the file in any form is never removed by it. So a row that is set aside leaves in the roster whatever identifies its person, and where that
// can't be told for sure it counts as unreadable, which makes the run's removals wait for someone.
//
// Too many identifiers do no harm: they protect one person more. So a row may leave several aside rows with its number, one for each address found
// in it.
//
// An aside row that has one identifier alone can still fail to match: the directory may know the person by the other one. The diff has to
// take such a row that matches nobody for unreadable too.

// setAside takes a row whose cells stand in their places and which can't be applied.
func (r *reader) setAside(row batch.Row, raw []string) error {
	found, sure := []string{row.Email}, row.Email != "" || row.UniqueID != ""
	if row.Email == "" {
		cell := r.rawOf(roster.Email, raw)
		found, sure = addresses(cell), sure || saysOnlyAddresses(cell)
	}
	if !sure {
		r.summary.Unreadable++
	}
	if err := r.addAside(row.UniqueID, found, false, r.claimOf(row, raw)); err != nil {
		return err
	}
	return r.protectHidden(row, raw)
}

// claimOf is what a row that is set aside claims by the identifiers that it surely has. All that it says stands for its content.
func (r *reader) claimOf(row batch.Row, raw []string) (note rowNote) {
	note.by = claims(row)
	if note.by == 0 || r.rows == nil {
		return rowNote{}
	}
	for _, c := range raw {
		note.content = note.content.With(r.rows.seed.Cell([]byte(normal(c))))
	}
	return note
}

// claims says which identifiers a row has.
func claims(row batch.Row) (by uint8) {
	if row.UniqueID != "" {
		by |= byID
	}
	if row.Email != "" {
		by |= byEmail
	}
	return by
}

// protectHidden protects whoever has the unique ID that a row's ID is without its invisible characters, for which the row was set aside.
func (r *reader) protectHidden(row batch.Row, raw []string) error {
	cell := normal(r.rawOf(roster.UniqueID, raw))
	seen := mapping.NormalValue(legible(cell))
	if row.UniqueID != "" || seen == "" || seen == cell || !strings.ContainsFunc(cell, func(c rune) bool { return unicode.Is(unicode.Cf, c) }) {
		return nil
	}
	return r.rows.addExtra(batch.Row{Number: r.row, UniqueID: seen})
}

// rawOf returns the row's cell of a field as it is in the file.
func (r *reader) rawOf(field roster.Field, raw []string) string {
	for i, c := range r.columns {
		if c.Field == field {
			return raw[i]
		}
	}
	return ""
}

// addAside adds the row under each of the addresses; under the ID alone, or as nobody, where there are none.
func (r *reader) addAside(id string, addresses []string, damaged bool, note rowNote) error {
	r.summary.SetAside++
	if len(addresses) == 0 {
		addresses = []string{""}
	}
	r.protect(id, addresses[0])
	for i, address := range addresses {
		if damaged && i > 0 { // where cells can't be told apart these may be other people's; in a cell for one address they are one person's
			r.protect(id, address)
		}
		r.found.addAside(roster.AsideRow{Row: r.row, UniqueID: id, Email: address, Damaged: damaged})
	}
	if err := r.rows.add(batch.Row{Number: r.row, Aside: true, UniqueID: id, Email: addresses[0]}, note); err != nil {
		return err
	}
	for _, address := range addresses[1:] {
		if err := r.rows.addExtra(batch.Row{Number: r.row, Email: address}); err != nil {
			return err
		}
	}
	return nil
}

// protect counts a person who stands in a row set aside, once. Two addresses under one unique ID are two people: one of the rows has the wrong ID.
func (r *reader) protect(id, address string) {
	if id != "" || address != "" {
		r.protected[xxh3.HashString(id+"\x00"+roster.FoldEmail(address))] = struct{}{}
	}
}

// setAsideDamaged takes a row of which it is not sure which cell is which: it has too few or too many, or its quotes are wrong.
func (r *reader) setAsideDamaged(rec *record) error {
	found, ids := addresses(string(rec.raw)), r.possibleIDs(rec)
	if r.inDoubt(rec, found) {
		r.summary.Unreadable++
	}
	if err := r.addAside("", found, true, rowNote{}); err != nil {
		return err
	}
	for _, id := range ids {
		if err := r.rows.addExtra(batch.Row{Number: r.row, UniqueID: id}); err != nil {
			return err
		}
	}
	return nil
}

// inDoubt reports whether a damaged row may be of a person whose address is not among those found. It is, but where the row's address stands surely unharmed: what is
// wrong must be shown to lie elsewhere, since a delimiter that is lost or added may have made another address of the person's.
func (r *reader) inDoubt(rec *record, found []string) bool {
	wanted := len(r.head.titles)
	at, shift := r.placeOf(roster.Email), rec.columns-wanted
	joined := bytes.IndexByte(rec.raw, '\n') >= 0 || 2*shift >= wanted // perhaps two rows
	hidden := rec.fault != wellQuoted && shift != 0                    // quotes hide how many cells there are
	if len(found) == 0 || joined || hidden {
		return true
	}
	if shift == 0 {
		return !r.standsAlone(rec, at)
	}
	for i := range r.columns {
		c := &r.columns[i]
		if c.at > at && r.standsAlone(rec, at) && r.anchors(rec, c, c.at, shift) {
			return false
		}
		if c.at < at && r.standsAlone(rec, at+shift) && r.anchors(rec, c, c.at+shift, shift) {
			return false
		}
	}
	return true
}

// standsAlone reports whether the cell at index i is an address that no quote has touched.
func (r *reader) standsAlone(rec *record, i int) bool {
	if i < 0 || i >= len(rec.cells) || roster.CheckEmail(normal(string(rec.cells[i]))) != nil {
		return false
	}
	d := []byte{r.scan.delimiter}
	bounded := slices.Concat(d, rec.raw, d)
	return bytes.Contains(bounded, slices.Concat(d, rec.cells[i], d))
}

// anchors reports whether the cell at index i proves that it is the one of column c: it is a value of c's fixed set or a date, and the column whose
// cell would have been moved there holds something else.
func (r *reader) anchors(rec *record, c *column, i, shift int) bool {
	if c.Field.Kind() != roster.Choice && c.Field.Kind() != roster.Date || i < 0 || i >= len(rec.cells) {
		return false
	}
	moved := i - shift
	if i != c.at {
		moved = i
	}
	for _, other := range r.columns {
		if other.at == moved && other.Field.Kind() == c.Field.Kind() && slices.Equal(other.Field.Choices(), c.Field.Choices()) {
			return false
		}
	}
	text := normal(string(rec.cells[i]))
	if c.Field.Kind() == roster.Date {
		_, ok := parseDate(text)
		return ok
	}
	return c.allowed[text]
}

// placeOf returns the index of the field's cell, -1 where the file has none.
func (r *reader) placeOf(field roster.Field) int {
	i := slices.IndexFunc(r.columns, func(c column) bool { return c.Field == field })
	if i < 0 {
		return -1
	}
	return r.columns[i].at
}

// possibleIDs returns what stands where a damaged row may have its unique ID, counted from either end. If that is anything, all that stands between delimiters and quotes follows,
// since what was added to the row may be a part of another one. Otherwise none do: the row must not pass for one whose ID is known.
func (r *reader) possibleIDs(rec *record) []string {
	at := r.placeOf(roster.UniqueID)
	if at < 0 {
		return nil
	}
	var ids []string
	for _, i := range []int{at, at + rec.columns - len(r.head.titles)} {
		if i < 0 || i >= len(rec.cells) {
			continue
		}
		ids = addID(ids, rec.cells[i])
	}
	if len(ids) == 0 {
		return nil
	}
	between := func(c rune) bool { return c == rune(r.scan.delimiter) || c == '"' || c == '\n' || c == '\r' }
	for piece := range bytes.FieldsFuncSeq(rec.raw, between) {
		ids = addID(ids, piece)
	}
	return ids
}

// addID adds a cell that may be a unique ID to those known.
func addID(ids []string, cell []byte) []string {
	if len(cell) > 2*maxValue {
		return ids
	}
	if id := normal(string(cell)); id != "" && len(id) <= maxValue && !slices.Contains(ids, id) {
		return append(ids, id)
	}
	return ids
}

// swallowsRows reports whether a cell of several lines holds as many delimiters as a row: a stray pair of quotes has drawn rows into it.
func (r *reader) swallowsRows(rec *record) bool {
	if bytes.IndexByte(rec.raw, '\n') < 0 {
		return false
	}
	d := []byte{r.scan.delimiter}
	return slices.ContainsFunc(rec.cells, func(c []byte) bool {
		return bytes.IndexByte(c, '\n') >= 0 && bytes.Count(c, d) >= len(r.head.titles)-1
	})
}

// protectMentioned protects whoever's address stands in a cell of several lines, or of what may be several cells: quotes may have drawn in what was a row of its own.
func (r *reader) protectMentioned(rec *record) error {
	if bytes.IndexByte(rec.raw, '"') < 0 {
		return nil
	}
	for _, c := range rec.cells {
		if bytes.IndexByte(c, '\n') < 0 && bytes.IndexByte(c, r.scan.delimiter) < 0 || bytes.IndexByte(c, '@') < 0 && !bytes.Contains(c, []byte("＠")) {
			continue
		}
		for _, address := range addresses(string(c)) {
			if err := r.rows.addExtra(batch.Row{Number: r.row, Email: address}); err != nil {
				return err
			}
		}
	}
	return nil
}

// addresses returns the different addresses that stand in a text, however it is damaged around them.
func addresses(s string) []string {
	if strings.IndexByte(s, '@') < 0 && isASCII(s) {
		return nil
	}
	var found []string
	for word := range strings.FieldsFuncSeq(legible(s), betweenAddresses) {
		word = strings.Trim(word, ".'")
		if strings.Contains(word, "@") && roster.CheckEmail(word) == nil && !slices.Contains(found, word) {
			found = append(found, mapping.NormalValue(word))
		}
	}
	return found
}

// saysOnlyAddresses reports whether a cell that is not one bare address surely holds the person's nevertheless: in angle brackets behind a name, or in
// a list of addresses and nothing else. Otherwise what looks like an address may be the rest of another one.
func saysOnlyAddresses(cell string) bool {
	cell = strings.TrimSpace(legible(cell))
	if name, address, ok := strings.Cut(cell, "<"); ok {
		address, closed := strings.CutSuffix(address, ">")
		return closed && !strings.Contains(name, "@") && roster.CheckEmail(strings.TrimSpace(address)) == nil
	}
	words := strings.FieldsFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
	for _, word := range words {
		if roster.CheckEmail(strings.TrimPrefix(word, "mailto:")) != nil {
			return false
		}
	}
	return len(words) > 0
}

// legible reads full-width letters as what they look like and leaves invisible characters out, since it is a person who is meant.
func legible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
}

func betweenAddresses(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`,;<>"()[]:|\`, r)
}
