package report

import (
	"crypto/sha256"
	_ "embed" // the page's template and style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"iter"

	"rollcall.internal/internal/changeset"
)

// PageLimit is how many of each kind the page shows; of more it says so.
const PageLimit = 2000

var (
	//go:embed page.html.tmpl
	pageSource string
	//go:embed page.css
	pageStyle string
)

// WriteHTML writes the list as one page that needs nothing but itself: no script, no font, no picture, and a policy that forbids them. Of each kind it shows the first
// limit people (0: all; [PageLimit] is what browsers and printers bear) and says how many there are. The first error of writing or of reading the changes ends it.
func WriteHTML(w io.Writer, d *Document, limit int) error {
	page, err := d.page(limit)
	if err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	t, err := template.New("page").Option("missingkey=error").Parse(pageSource)
	if err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	if err := t.Execute(w, page); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// A page is what the template lays out.
type page struct {
	Lang, Title, Policy           string
	CSS                           template.CSS
	Where, Does, Know, Answering  string // headings
	KindHead, PeopleHead, Meaning string
	Facts                         []Fact
	Totals                        []Total
	Notices                       []string
	Answer                        string
	Created, Deleted              pageTable
	Changed                       []pageTable
	Asides                        pageTable
	None, Empty, Private, Person  string
	Row, Column, Before, After    string
}

// With is the page's words beside one of its tables, for the parts of the template that lay out tables.
func (p page) With(t pageTable) tableView {
	return tableView{Table: t, None: p.None, Empty: p.Empty, Private: p.Private, Person: p.Person, Row: p.Row, Column: p.Column, Before: p.Before, After: p.After}
}

// A tableView is what a part of the template lays out.
type tableView struct {
	Table                                                    pageTable
	None, Empty, Private, Person, Row, Column, Before, After string
}

// A pageTable is one kind. Its heading labels the region in which a wide table scrolls.
type pageTable struct {
	ID, Heading, FirstOf string
	Heads                []Head
	Rows                 [][]string   // of tables with a line a person
	People               []pagePerson // of tables with a line a field
}

// A pagePerson is a person and the fields that change.
type pagePerson struct {
	Person
	Remark string
	Lines  []Field
}

func (d *Document) page(limit int) (page, error) {
	w := d.words()
	sum := sha256.Sum256([]byte(pageStyle))
	p := page{
		Lang: d.Locale, Title: d.Title(), CSS: template.CSS(pageStyle),
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Where:  w.where, Does: w.totals, Know: w.know, Answering: w.answer, KindHead: w.kind, PeopleHead: w.people, Meaning: w.meaning,
		Facts: d.Facts(), Totals: d.Totals(), Notices: d.Notices(), Answer: d.Answer(),
		None: w.noneOfKind, Empty: w.emptyValue, Private: w.private, Person: w.person, Row: w.row, Column: w.column, Before: w.before, After: w.after,
	}
	tables := d.Tables()
	var err error
	for i, op := range changeset.Ops() {
		switch op {
		case changeset.Create:
			p.Created, err = d.byPerson(string(op), tables[i], d.Import.Summary.Totals.Of(op), limit)
		case changeset.Delete:
			p.Deleted, err = d.byPerson(string(op), tables[i], d.Import.Summary.Totals.Of(op), limit)
		default:
			var t pageTable
			t, err = d.byField(op, limit)
			p.Changed = append(p.Changed, t)
		}
		if err != nil {
			return page{}, err
		}
	}
	asides, _ := d.Asides()
	p.Asides, err = d.byPerson("aside", tables[len(tables)-1], len(asides), limit)
	return p, err
}

// byPerson is a table with a line a person.
func (d *Document) byPerson(id string, t Table, count, limit int) (pageTable, error) {
	table := pageTable{ID: id, Heading: d.heading(t.Name, count), Heads: t.Heads}
	rows, err := first(t.Rows, limit)
	table.Rows, table.FirstOf = rows, d.firstOf(len(rows), count)
	return table, err
}

// byField is a table with a line a field.
func (d *Document) byField(op changeset.Op, limit int) (pageTable, error) {
	count := d.Import.Summary.Totals.Of(op)
	table := pageTable{ID: string(op), Heading: d.heading(d.words().kinds[op], count)}
	people, err := first(d.People(op), limit)
	for _, p := range people {
		table.People = append(table.People, pagePerson{Person: p, Remark: d.remark(p), Lines: lines(p)})
	}
	table.FirstOf = d.firstOf(len(people), count)
	return table, err
}

// heading is a kind and its count.
func (d *Document) heading(kind string, count int) string {
	return fmt.Sprintf("%s (%s)", kind, d.number(count))
}

// firstOf says that a table has not all; "" where it has.
func (d *Document) firstOf(shown, count int) string {
	if shown >= count {
		return ""
	}
	return fmt.Sprintf(d.words().firstOf, d.number(shown), d.number(count))
}

// first returns the first of a sequence; limit 0 is all.
func first[T any](all iter.Seq2[T, error], limit int) (items []T, err error) {
	for item, err := range all {
		if err != nil {
			return nil, err
		}
		if items = append(items, item); len(items) == limit {
			break
		}
	}
	return items, nil
}
