package diff

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// mostParts bounds the parts in which rows are brought together with their members: with ten million rows of 400 bytes a part has eight megabytes.
const mostParts = 512

// A pairing brings the values of open rows together with those of their members. Rows are spooled by the batches of the directory in which their members lie, a run of batches a part, so that
// both sides are read once, however their orders differ.
type pairing struct {
	*comparison
	file    *spillFile
	spool   *spool
	parts   int
	writers []pairWriter
}

// A pairWriter is what one goroutine writes with.
type pairWriter struct {
	*spooler
	record []byte
	values rowValues
	change changeWriter
}

// pair reads the values of all open rows, and of the members that they match or that are missing, and works out every change that there may be.
func (c *comparison) pair() (err error) {
	c.changes = newSorter(c.TempDir, c.share(3), c.names)
	c.spared = newPlaceSet(len(c.members.flags))
	p := &pairing{comparison: c, file: &spillFile{dir: c.TempDir}, parts: max(min(mostParts, len(c.members.batches)), 1)}
	budget := c.share(3)
	p.spool = newSpool(p.file, newAllowance(budget), p.parts, c.Workers, budget)
	for range c.Workers {
		p.writers = append(p.writers, pairWriter{spooler: p.spool.spooler(), change: changeWriter{sorter: c.changes}})
	}
	defer func() { err = errors.Join(err, p.file.close()) }()
	if err := each(c.ctx, c.Workers, len(c.rows.batches), p.readRows); err != nil {
		return err
	}
	for i := range p.writers {
		if err := p.writers[i].finish(); err != nil {
			return err
		}
	}
	return each(c.ctx, c.Workers, p.parts, func(w, part int) error { return p.sweep(&p.writers[w], part) })
}

// part returns the part in which a member lies.
func (p *pairing) part(member int32) int {
	return batchOf(p.members.batches, member) * p.parts / len(p.members.batches)
}

// batches returns the batches of a part.
func (p *pairing) batches(part int) (from, to int) {
	n := len(p.members.batches)
	first := func(part int) int { return (part*n + p.parts - 1) / p.parts }
	return first(part), first(part + 1)
}

// readRows writes what is open in a batch of the roster.
func (p *pairing) readRows(w, i int) error {
	at := p.rows.batches[i]
	defer p.progress.add(p.takingPart(at))
	if !p.anyOpen(at) {
		return nil
	}
	b, err := p.Roster.Batch(i)
	if err != nil {
		return err
	}
	defer b.Release()
	for k := range b.Rows() {
		if p.rows.state[at.start+k]&rowOpen == 0 {
			continue
		}
		if err := p.writeRow(&p.writers[w], b, k, int32(at.start+k)); err != nil {
			return err
		}
	}
	return nil
}

func (p *pairing) takingPart(at batchPlace) int {
	n := 0
	for _, s := range p.rows.state[at.start:at.end()] {
		if s&(rowAside|rowDropped) == 0 {
			n++
		}
	}
	return n
}

func (p *pairing) anyOpen(at batchPlace) bool {
	for _, s := range p.rows.state[at.start:at.end()] {
		if s&rowOpen != 0 {
			return true
		}
	}
	return false
}

// writeRow writes an open row to its member's part, or what it is where it matches nobody: somebody new.
func (p *pairing) writeRow(w *pairWriter, b *batch.RosterBatch, k int, place int32) error {
	member, holder, state := p.rows.member[place], p.rows.holder[place], p.rows.state[place]
	if elsewhere(b, k) {
		row, err := p.resolve(b, k)
		if err != nil {
			return err
		}
		row.Number = int(b.Number[k])
		w.values.fromRow(row, place)
	} else if state&rowAside != 0 {
		w.values = rowValues{place: place, uniqueID: b.UniqueID.Bytes(k), email: b.Email.Bytes(k), cells: w.values.cells[:0]}
	} else {
		w.values.fromBatch(b, k, len(p.fields), place)
	}
	if state&rowAside != 0 {
		return errors.Join(p.ask(w, askID, member, place, w.values.uniqueID), p.ask(w, askEmail, holder, place, w.values.email))
	}
	if member == none {
		p.rows.state[place] |= rowChanged
		return p.creation(&w.change, &w.values)
	}
	w.record = appendPair(w.record, member, &w.values)
	if err := w.add(p.part(member), w.record); err != nil {
		return err
	}
	if holder != member {
		return p.ask(w, askEmail, holder, place, w.values.email)
	}
	return nil
}

// ask writes a question about an identifier, of whose key a member was found.
func (p *pairing) ask(w *pairWriter, ask uint8, member, place int32, identifier []byte) error {
	if member == none {
		return nil
	}
	w.record = appendQuestion(w.record, ask, member, place, identifier)
	return w.add(p.part(member), w.record)
}

// A pairRef says where a record of a part is.
type pairRef struct {
	member, place int32
	record        pairRecord
}

// sweep reads the members of a part and answers its records, and finds who is missing.
func (p *pairing) sweep(w *pairWriter, part int) error {
	refs, err := p.refs(part)
	if err != nil {
		return err
	}
	from, to := p.batches(part)
	for i := from; i < to; i++ {
		n, _ := slices.BinarySearchFunc(refs, p.members.batches[i].end(), func(r pairRef, end int) int { return cmp.Compare(int(r.member), end) })
		if err := p.sweepBatch(w, i, refs[:n]); err != nil {
			return err
		}
		refs = refs[n:]
	}
	p.spool.drop(part)
	return nil
}

// refs returns the records of a part in the order of their members.
func (p *pairing) refs(part int) ([]pairRef, error) {
	blocks, err := p.spool.gather(part)
	if err != nil {
		return nil, err
	}
	var refs []pairRef
	for _, b := range blocks {
		for len(b) > 0 {
			r := pairRecord(b)
			refs = append(refs, pairRef{r.member(), r.place(), r[:r.size()]})
			b = b[r.size():]
		}
	}
	slices.SortFunc(refs, func(a, b pairRef) int { return cmp.Or(cmp.Compare(a.member, b.member), cmp.Compare(a.place, b.place)) })
	return refs, nil
}

func (p *pairing) sweepBatch(w *pairWriter, i int, refs []pairRef) error {
	at := p.members.batches[i]
	if err := p.ctx.Err(); err != nil {
		return err
	}
	if len(refs) == 0 && !p.anyMissing(at) {
		return nil
	}
	b, err := p.Directory.Members(i)
	if err != nil {
		return err
	}
	defer b.Release()
	for _, r := range refs {
		if err := p.answer(w, b, int(r.member)-at.start, r.record); err != nil {
			return err
		}
	}
	for k := range b.Rows() {
		if !p.missing(at.start + k) {
			continue
		}
		if err := p.removeMember(&w.change, b, k, int32(at.start+k)); err != nil {
			return err
		}
	}
	return nil
}

// answer looks at the values of a member and a row that has its key.
func (p *pairing) answer(w *pairWriter, b *batch.Members, i int, record pairRecord) error {
	switch record.asks() {
	case askID:
		return confirmed(bytes.Equal(record.identifier(), b.UniqueID.Bytes(i)))
	case askEmail:
		return confirmed(sameEmail(record.identifier(), b.Email.Bytes(i)))
	}
	r := &w.values
	record.values(r, len(p.fields))
	return p.compareWith(w, r, b, i, record.member())
}

func confirmed(ok bool) error {
	if !ok {
		return errCollided
	}
	return nil
}

// compareWith works out what a row changes about the member that it matches.
func (p *pairing) compareWith(w *pairWriter, r *rowValues, b *batch.Members, i int, member int32) error {
	s := &p.rows.state[r.place]
	stays := sameEmail(r.email, b.Email.Bytes(i))
	byID := *s&rowByID != 0
	if byID && !bytes.Equal(r.uniqueID, b.UniqueID.Bytes(i)) || p.rows.holder[r.place] == member && !stays {
		return errCollided
	}
	if stays {
		*s |= rowStays
	}
	if conflict := p.identityConflict(r, b, i, member); conflict != 0 {
		*s |= conflict * rowConflict
		return nil
	}
	changed, err := p.difference(&w.change, r, b, i)
	if changed {
		*s |= rowChanged
	}
	return err
}

// sameEmail reports whether two addresses are the same once they are folded.
func sameEmail(a, b []byte) bool {
	return bytes.Equal(a, b) || roster.FoldEmail(string(a)) == roster.FoldEmail(string(b))
}
