package diff

import (
	"bytes"
	"cmp"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// A draft is a change before it is stored: its texts belong to the batches that they were read from.
type draft struct {
	op              changeset.Op
	removal         bool
	member          batch.MemberID // the zero id for a creation
	version         int64
	row             int32
	moves           bool  // the person's address changes
	about           int32 // the place of the row, of a removal the member's
	uniqueID, email []byte
	fields          []draftField
	name            batch.Hash // of a removal: of the folded name, for moved
}

// A draftField is a changeset.FieldChange, its field by its number in layout.names.
type draftField struct {
	field         int
	before, after []byte
}

// A changeWriter stores changes. It is used by one goroutine.
type changeWriter struct {
	sorter *sorter
	draft  draft
	record []byte
}

// begin returns an empty draft.
func (w *changeWriter) begin() *draft {
	w.draft = draft{fields: w.draft.fields[:0]}
	return &w.draft
}

func (d *draft) add(field int, before, after []byte) {
	d.fields = append(d.fields, draftField{field, before, after})
}

// store takes what was drafted.
func (w *changeWriter) store() error {
	w.record = appendChange(w.record[:0], &w.draft)
	return w.sorter.add(w.record)
}

// creation is a new person with every field that has a value.
//
// Where status or eligibility is mapped and the row says neither of its words, the person is taken as inactive or ineligible: somebody new is
// invited only where the file says so exactly. Where it is not mapped, everybody is active; who is eligible then, the tenant's rules say.
func (c *comparison) creation(w *changeWriter, r *rowValues) error {
	d := w.begin()
	d.op, d.row, d.about, d.uniqueID, d.email = changeset.Create, r.number, r.place, r.uniqueID, r.email
	for i, f := range c.fields {
		value, _ := r.cell(i)
		switch {
		case f == roster.Status && string(value) != roster.StatusActive:
			value = []byte(roster.StatusInactive)
		case f == roster.ProgramEligibility && string(value) != roster.Eligible:
			value = []byte(roster.Ineligible)
		}
		if len(value) > 0 {
			d.add(i, nil, value)
		}
	}
	if c.eligibility < 0 && c.People.EligibleWhen != nil {
		d.add(len(c.fields), nil, []byte(c.eligible(func(f roster.Field) []byte {
			value, _ := r.cell(indexIn(c.index, f))
			return value
		})))
	}
	return w.store()
}

// difference stores what a row changes about its member, and reports whether that is anything. A change of state outranks an update.
func (c *comparison) difference(w *changeWriter, r *rowValues, b *batch.Members, i int) (changed bool, err error) {
	d := w.begin()
	d.op, d.member, d.version = changeset.Update, batch.MemberID(b.IDs[16*i:16*i+16]), b.Version[i]
	d.row, d.about, d.uniqueID, d.email = r.number, r.place, r.uniqueID, r.email
	if len(d.uniqueID) == 0 {
		d.uniqueID = b.UniqueID.Bytes(i)
	}
	for k, cell := range r.cells {
		if before := valueAt(b, c.before[k], i); !cell.absent && !bytes.Equal(cell.text, before) {
			d.add(k, before, cell.text)
			d.moves = d.moves || c.fields[k] == roster.Email
		}
	}
	c.derive(d, r, b, i)
	op := c.stateChange(r, b, i)
	if op == "" && len(d.fields) == 0 {
		return false, nil
	}
	d.op = cmp.Or(op, changeset.Update)
	return true, w.store()
}

// derive adds the change of eligibility that the tenant's rules make where no column says who is eligible.
func (c *comparison) derive(d *draft, r *rowValues, b *batch.Members, i int) {
	if c.eligibility >= 0 {
		return
	}
	before := cmp.Or(string(c.layout.value(b, roster.ProgramEligibility, i)), roster.Eligible) // a member of whom nothing was ever said is eligible
	after := c.eligible(func(f roster.Field) []byte {
		if text, present := r.cell(indexIn(c.index, f)); present {
			return text
		}
		return c.layout.value(b, f, i)
	})
	if after != before {
		d.add(len(c.fields), []byte(before), []byte(after))
	}
}

// stateChange is the change of state that standing in the row is for a member, "" where it is none.
func (c *comparison) stateChange(r *rowValues, b *batch.Members, i int) changeset.Op {
	status := string(c.layout.value(b, roster.Status, i))
	if text, present := r.cell(c.status); present {
		status = string(text)
	} else if c.status < 0 {
		status = roster.StatusActive // where no file can say so, being in one says it
	}
	switch deactivated := b.Presence[i] == batch.Deactivated; {
	case b.Presence[i] == batch.Deleted:
		return changeset.Restore
	case deactivated && status == roster.StatusActive:
		return changeset.Reactivate
	case !deactivated && status == roster.StatusInactive:
		return changeset.Deactivate
	}
	return ""
}

// count counts who stays as is, and who would be removed and is protected by the tenant's file.
func (c *comparison) count(r *Result) {
	unchanged := 0
	for _, s := range c.rows.state {
		if s&(rowAside|rowDropped|rowChanged|conflictMask) == 0 {
			unchanged++
		}
	}
	for i := range c.members.flags {
		switch {
		case !c.absent(i):
		case c.staysRemoved(i):
			unchanged++
		case c.spared.has(i):
			r.Protected++
		}
	}
	c.summary.Totals.Unchanged = unchanged
}
