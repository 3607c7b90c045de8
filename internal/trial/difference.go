package trial

import (
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/zeebo/xxh3"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// A Side is what the file comes to under one set of rules, in counts.
type Side struct {
	Verdict                  roster.Verdict
	Rows, Accepted, SetAside int // of reading; SetAside of the totals counts conflicts with the directory too
	Totals                   changeset.Totals
	Removals                 int
	Findings                 map[roster.Code]int
	Held                     map[roster.Field]int // values outside their set that hold the import
}

// A Difference is what two sets of rules make of one file. It holds counts and names of fields, and nothing of a person.
type Difference struct {
	Old, New Side
	// People counts whom the plans treat otherwise; Fields, by field, those for whom the field would come out otherwise. Both are 0 where a side refuses the file.
	People int
	Fields map[roster.Field]int
}

// Any reports whether the new rules change what the file does. What is only ever told, such as a column that nobody mapped, does not count.
func (d Difference) Any() bool {
	return d.Old.Verdict != d.New.Verdict || d.Old.Accepted != d.New.Accepted || d.Old.SetAside != d.New.SetAside || d.People > 0 || d.Old.Totals != d.New.Totals ||
		!maps.Equal(d.Old.Held, d.New.Held) || slices.ContainsFunc(d.Codes(), func(c roster.Code) bool { return !onlyTold(c) })
}

// Codes returns the codes of findings whose number differs, in the order of the file contract.
func (d Difference) Codes() []roster.Code {
	var codes []roster.Code
	for _, c := range roster.Codes() {
		if d.Old.Findings[c] != d.New.Findings[c] {
			codes = append(codes, c)
		}
	}
	return codes
}

// onlyTold reports whether findings of the code are notes whatever the rules.
func onlyTold(c roster.Code) bool {
	switch c {
	case roster.FileNameDate, roster.ColumnUnmapped, roster.RowBlank, roster.RowDuplicate, roster.TextMojibake:
		return true
	}
	return false
}

// outcome is what a file comes to under one set of rules.
type outcome struct {
	reading roster.Summary
	plan    changeset.Summary
	people  map[string]trace
}

func (o outcome) refused() bool { return o.reading.Verdict == roster.RefusedByFile }

func (o outcome) side() Side {
	return Side{
		Verdict: o.reading.Verdict, Rows: o.reading.Rows, Accepted: o.reading.Accepted, SetAside: o.reading.SetAside,
		Totals: o.plan.Totals, Removals: o.plan.Removals, Findings: o.reading.Totals, Held: o.reading.Held,
	}
}

// trace is what is kept of a change: enough to tell whether another one does the same.
type trace struct {
	op     changeset.Op
	fields []fieldTrace
}

// updates reports whether the change is about fields of somebody who stays; of others it is enough to say what happens to them.
func (t trace) updates() bool { return t.op != changeset.Create && t.op != changeset.Delete }

// fieldTrace is a field and the hash of its value after the change.
type fieldTrace struct {
	field roster.Field
	after uint64
}

// tracesOf returns the traces by person: the member, or the row of the file for somebody new.
func tracesOf(changes iter.Seq2[changeset.Change, error]) (map[string]trace, error) {
	traces := map[string]trace{}
	for c, err := range changes {
		if err != nil {
			return nil, err
		}
		key := c.Member
		if key == "" {
			key = "row " + strconv.Itoa(c.Row)
		}
		t := trace{op: c.Op, fields: make([]fieldTrace, len(c.Fields))}
		for i, f := range c.Fields {
			t.fields[i] = fieldTrace{f.Field, xxh3.HashString(f.After)}
		}
		traces[key] = t
	}
	return traces, nil
}

func differenceOf(before, after outcome) Difference {
	d := Difference{Old: before.side(), New: after.side(), Fields: map[roster.Field]int{}}
	if before.refused() || after.refused() {
		return d
	}
	for key, was := range before.people {
		is, both := after.people[key]
		d.person(was, is, both && was.op == is.op)
	}
	for key, is := range after.people {
		if _, both := before.people[key]; !both {
			d.person(trace{}, is, false)
		}
	}
	return d
}

// person counts a person who is in a plan; alike says that both plans have the same operation for them. A person whom a plan leaves as they are has no fields in it.
func (d *Difference) person(was, is trace, alike bool) {
	differs := map[roster.Field]uint64{}
	for _, f := range was.fields {
		differs[f.field] = f.after
	}
	fields := len(differs)
	for _, f := range is.fields {
		if after, both := differs[f.field]; both && after == f.after {
			delete(differs, f.field)
		} else {
			differs[f.field] = f.after
		}
	}
	if alike && len(differs) == 0 && fields == len(is.fields) {
		return
	}
	d.People++
	if !alike && !(was.updates() && is.updates()) {
		return
	}
	for f := range differs {
		d.Fields[f]++
	}
}
