package diff

import (
	"bytes"
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
	rows   *rowReader
	record []byte
	values rowValues
	change changeWriter
	part   partRecords
	wanted []int32 // places within a batch of the directory
}

// pair reads the values of all open rows, and of the members that they match or that are missing, and works out every change that there may be.
func (c *comparison) pair() (err error) {
	c.changes = newSorter(c.TempDir, c.share(3), c.names)
	c.spared = newPlaceSet(len(c.members.flags))
	p := &pairing{comparison: c, file: &spillFile{dir: c.TempDir}, parts: max(min(mostParts, len(c.members.batches)), 1)}
	budget := c.share(3)
	p.spool = newSpool(p.file, newAllowance(budget), p.parts, c.Workers, budget)
	for _, rows := range c.rowReaders() {
		p.writers = append(p.writers, pairWriter{spooler: p.spool.spooler(), rows: rows, change: changeWriter{sorter: c.changes}})
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
func (p *pairing) readRows(worker, i int) error {
	states, w := p.rows.of(i), &p.writers[worker]
	defer p.progress.add(takingPart(states))
	if !w.rows.want(len(states), func(k int) bool { return states[k]&rowOpen != 0 }) {
		return nil
	}
	b, err := p.Roster.Batch(i)
	if err != nil {
		return err
	}
	defer b.Release()
	return w.rows.each(b, p.rows.batches[i].start, func(_ int, r *rowValues) error { return p.writeRow(w, r) })
}

func takingPart(states []uint16) int {
	n := 0
	for _, s := range states {
		if s&(rowAside|rowDropped) == 0 {
			n++
		}
	}
	return n
}

// writeRow writes an open row to its member's part, or what it is where it matches nobody: somebody new.
func (p *pairing) writeRow(w *pairWriter, r *rowValues) error {
	member, holder, state := p.rows.member[r.place], p.rows.holder[r.place], &p.rows.state[r.place]
	if *state&rowAside != 0 {
		return errors.Join(p.ask(w, askID, member, r.place, r.uniqueID), p.ask(w, askEmail, holder, r.place, r.email))
	}
	if member == none {
		*state |= rowChanged
		return p.creation(&w.change, r)
	}
	if r.match = 0; *state&rowByID != 0 {
		r.match = matchID
	}
	if holder == member {
		r.match |= matchEmail
	}
	w.record = appendPair(w.record, member, r)
	if err := w.add(p.part(member), w.record); err != nil {
		return err
	}
	if holder != member {
		return p.ask(w, askEmail, holder, r.place, r.email)
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

// A partRecords is the records of a part by member: a list each, in no order that matters.
type partRecords struct {
	start   int     // place of the part's first member
	last    []int32 // by member from start on: number of the last record and 1, 0: none
	records []partRecord
}

type partRecord struct {
	pairRecord
	before int32 // the member's record before it, as in last
}

// take makes p the records of a part of members from start up to but not including end.
func (p *partRecords) take(blocks [][]byte, start, end int) {
	p.start, p.records = start, p.records[:0]
	p.last = slices.Grow(p.last[:0], end-start)[:end-start]
	clear(p.last)
	for _, b := range blocks {
		for len(b) > 0 {
			r := pairRecord(b)
			n := r.size()
			last := &p.last[int(r.member())-start]
			p.records = append(p.records, partRecord{r[:n:n], *last})
			*last, b = int32(len(p.records)), b[n:]
		}
	}
}

// sweep reads the members of a part and answers its records, and finds who is missing.
func (p *pairing) sweep(w *pairWriter, part int) error {
	from, to := p.batches(part)
	if from == to {
		return nil
	}
	blocks, err := p.spool.gather(part)
	if err != nil {
		return err
	}
	w.part.take(blocks, p.members.batches[from].start, p.members.batches[to-1].end())
	for i := from; i < to; i++ {
		if err := p.sweepBatch(w, i); err != nil {
			return err
		}
	}
	p.spool.drop(part)
	return nil
}

func (p *pairing) sweepBatch(w *pairWriter, i int) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	start, rows := p.members.batches[i].start, p.members.batches[i].rows
	last := w.part.last[start-w.part.start:][:rows]
	w.wanted = w.wanted[:0]
	for k := range last {
		if last[k] != 0 || p.missing(start+k) {
			w.wanted = append(w.wanted, int32(k))
		}
	}
	if len(w.wanted) == 0 {
		return nil
	}
	b, err := p.Directory.Some(i, w.wanted)
	if err != nil {
		return err
	}
	defer b.Release()
	for _, k := range w.wanted {
		if err := p.sweepMember(w, b, int(k), last[k], int32(start)+k); err != nil {
			return err
		}
	}
	return nil
}

// sweepMember answers a member's records, by its last, and removes the member where it is missing.
func (p *pairing) sweepMember(w *pairWriter, b *batch.Members, k int, record, place int32) error {
	for record != 0 {
		r := w.part.records[record-1]
		if err := p.answer(w, b, k, r.pairRecord); err != nil {
			return err
		}
		record = r.before
	}
	if p.missing(int(place)) {
		return p.removeMember(&w.change, b, k, place)
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
	stays := sameEmail(r.email, b.Email.Bytes(i))
	if r.match&matchID != 0 && !bytes.Equal(r.uniqueID, b.UniqueID.Bytes(i)) || r.match&matchEmail != 0 && !stays {
		return errCollided
	}
	found := uint16(0) // of the row's state, which lies anywhere: it is written to without a wait for what it is
	if stays {
		found = rowStays
	}
	var changed bool
	var err error
	if conflict := p.identityConflict(r, b, i, member, stays); conflict != 0 {
		found |= conflict * rowConflict
	} else if changed, err = p.difference(&w.change, r, b, i); changed {
		found |= rowChanged
	}
	p.rows.state[r.place] |= found
	return err
}

// sameEmail reports whether two addresses are the same once they are folded.
func sameEmail(a, b []byte) bool {
	return bytes.Equal(a, b) || roster.FoldEmail(string(a)) == roster.FoldEmail(string(b))
}
