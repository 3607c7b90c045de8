package intake_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/diff/difftest"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A crowd is a directory of people and the file that holds them all, a line each, before anything happens to it.
type crowd struct {
	mapping   mapping.Mapping
	delimiter string
	end       string // of a line
	head      string
	lines     []string
	people    []directory.Member
}

func drawCrowd(t *rapid.T) crowd {
	c := crowd{
		mapping: small(), end: rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end"),
		delimiter: rapid.SampledFrom([]string{",", ",", ";", "\t"}).Draw(t, "delimiter"),
	}
	if rapid.IntRange(0, 3).Draw(t, "without IDs") == 0 {
		c.mapping.Columns = slices.DeleteFunc(c.mapping.Columns, func(c mapping.Column) bool { return c.Field == roster.UniqueID })
	}
	c.mapping.Columns = rapid.Permutation(c.mapping.Columns).Draw(t, "columns")
	var titles []string
	for _, column := range c.mapping.Columns {
		titles = append(titles, column.Title)
	}
	c.head = strings.Join(titles, c.delimiter) + c.end
	quoted := rapid.Bool().Draw(t, "quoted")
	for i := range rapid.IntRange(2, 9).Draw(t, "people") {
		values := map[roster.Field]string{
			roster.FirstName: fmt.Sprintf("F%dirst", i), roster.LastName: "O" + strings.Trim(c.delimiter, "\t") + "Roy", roster.Email: fmt.Sprintf("p%d.roy@acme.example", i),
			roster.UniqueID: fmt.Sprintf("%05d", 100+i), roster.Status: "active", roster.HireStartDate: "01/31/2020", roster.BusinessUnit: "Legal",
			roster.City: rapid.SampledFrom([]string{"", "Paris", "Dún\nLaoghaire", `"Big" Apple`, "São Paulo"}).Draw(t, "city"),
		}
		var cells []string
		m := directory.Member{ID: difftest.ID(i), State: directory.Invited, Source: directory.FromRoster, Values: map[roster.Field]string{}}
		for _, column := range c.mapping.Columns {
			cells = append(cells, quote(values[column.Field], c.delimiter, quoted))
			m.Values[column.Field] = values[column.Field]
		}
		m.Values[roster.HireStartDate] = "2020-01-31"
		c.lines, c.people = append(c.lines, strings.Join(cells, c.delimiter)+c.end), append(c.people, m)
	}
	return c
}

func quote(cell, delimiter string, always bool) string {
	if always || strings.ContainsAny(cell, delimiter+"\"\r\n") {
		return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
	}
	return cell
}

// Whatever happens to a file that holds everybody, nobody who still stands in it is removed unless a person has looked: the file is refused, or its removals are held.
func TestNobodyInADamagedFileIsRemoved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := drawCrowd(rt)
		lines, mistyped := mistype(rt, c)
		file := []byte(c.head + strings.Join(lines, ""))
		_, hasIDs := c.mapping.Column(roster.UniqueID)
		damages := rapid.IntRange(0, 4).Draw(rt, "damages")
		for range damages {
			file = spoil(rt, c, file)
		}
		got := read(t, bytes.NewReader(file), intake.Options{Mapping: c.mapping, Delimiter: rune(c.delimiter[0])})
		checkSums(t, got)
		if got.summary.Verdict == roster.RefusedByFile {
			return
		}
		result := difftest.Compare(rt, c.mapping.Fields(), got.rows, c.people, diff.Input{People: tenant.People{Missing: tenant.MissingDelete}, Now: time.Unix(0, 0)})
		if got.summary.Unreadable+result.Unmatched > 0 || result.AddressesWithoutID > 0 {
			return
		}
		// Where nobody has a unique ID, a row that is set aside under an address that nobody has is taken for somebody new.
		known := hasIDs || damages == 0
		for _, ch := range result.Changes {
			i := slices.IndexFunc(c.people, func(m directory.Member) bool { return m.ID == ch.Member })
			if ch.Removal && !isValueAside(got.summary, ch) && (c.standsIn(file, i) || known && bytes.Contains(file, mistyped[i])) {
				rt.Fatalf("%s is removed by\n%q\n%s%+v", ch.Email, file, brief(got.summary.Findings), result.Summary)
			}
		}
	})
}

// isValueAside reports whether the person's identifier was told to be a wrong value of another column: then two faults in one row have moved its cells and brought them back
// into step, and nothing is left to say whom the row is about.
func isValueAside(s roster.Summary, ch changeset.Change) bool {
	return slices.ContainsFunc(s.Findings, func(f roster.Finding) bool {
		return f.Level == roster.ValueAside && f.Value != "" && (f.Value == ch.UniqueID || strings.EqualFold(f.Value, ch.Email))
	})
}

// standsIn reports whether a person's address or unique ID still stands in the file as a word of its own, or as all that is in quotes.
func (c crowd) standsIn(file []byte, person int) bool {
	m := c.people[person]
	between := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>()[]"+c.delimiter, r) }
	for word := range strings.FieldsFuncSeq(string(file), between) {
		if strings.HasPrefix(word, `"`) != strings.HasSuffix(word, `"`) {
			continue // the rest of a cell that says something else
		}
		word = strings.TrimSuffix(strings.TrimPrefix(word, `"`), `"`)
		if strings.EqualFold(word, m.Value(roster.Email)) || word != "" && word == m.Value(roster.UniqueID) {
			return true
		}
	}
	return false
}

// mistype writes some people's lines with the unique ID left out and another address, as people do by hand. It answers all lines, and those lines by person; nil where
// nothing was done.
func mistype(t *rapid.T, c crowd) (lines []string, mistyped [][]byte) {
	lines, mistyped = slices.Clone(c.lines), make([][]byte, len(c.lines))
	never := []byte("\x00nobody\x00")
	for i := range lines {
		mistyped[i] = never
		if rapid.IntRange(0, 7).Draw(t, "mistyped") > 0 {
			continue
		}
		address := c.people[i].Value(roster.Email)
		other := rapid.SampledFrom([]string{"x" + address, strings.Replace(address, "roy", "rooy", 1), strings.Replace(address, "acme", "acme-inc", 1), "", "#N/A", address + "x"}).Draw(t, "address")
		lines[i] = strings.NewReplacer(address, other, fmt.Sprintf("%05d", 100+i), "").Replace(lines[i])
		mistyped[i] = []byte("\n" + lines[i])
	}
	return lines, mistyped
}

// spoil does one thing to the bytes of a file, anywhere behind the header.
func spoil(t *rapid.T, c crowd, file []byte) []byte {
	from := min(len(c.head), len(file))
	at := rapid.IntRange(from, len(file)).Draw(t, "at")
	to := min(len(file), at+rapid.SampledFrom([]int{1, 1, 1, 2, 3, 7, 30, 90}).Draw(t, "length"))
	signs := []string{`"`, c.delimiter, "\n", "\r\n", "\r", `""`, `"` + c.delimiter + `"`, ";", ",", "@", " ", "x", "\u200b", "\u202e", "\x00", "\xE9", "é", "=", "\"\n", "\uFEFF", c.head}
	sign := rapid.SampledFrom(signs).Draw(t, "sign")
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1:
		return slices.Concat(file[:at], []byte(sign), file[at:])
	case 2:
		return slices.Concat(file[:at], file[to:])
	case 3:
		return slices.Concat(file[:at], []byte(sign), file[to:])
	case 4:
		return slices.Concat(file[:at], []byte(`"`), file[at:to], []byte(`"`), file[to:])
	case 5:
		other := rapid.IntRange(from, len(file)).Draw(t, "moved to")
		return slices.Concat(file[:other], file[at:to], file[other:])
	case 6:
		return slices.Concat(file[:at], bytes.ToUpper(file[at:to]), file[to:])
	case 7: // joins lines, or drops what separates cells
		signs := [][]byte{[]byte(c.end), []byte(c.delimiter), []byte(`"`), []byte("@"), []byte(".")}
		return replaceOne(file, at, rapid.SampledFrom(signs).Draw(t, "dropped"), nil)
	case 8: // cuts the end off
		return file[:at]
	}
	return replaceOne(file, at, []byte("é"), []byte("Ã©"))
}

// replaceOne replaces the first old behind an offset, if there is one.
func replaceOne(file []byte, at int, old, by []byte) []byte {
	return slices.Concat(file[:at], bytes.Replace(file[at:], old, by, 1))
}
