package batch

import (
	"slices"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
)

// A Run is members of a snapshot from index From, up to but not including To.
type Run struct {
	Members  *Members
	From, To int
}

// CopyRows takes members of another snapshot from index from, up to but not including to: see CopyRuns.
func (w *SnapshotWriter) CopyRows(m *Members, from, to int) error {
	return w.CopyRuns([]Run{{m, from, to}})
}

// CopyRuns takes members of other snapshots with their hashes, one run after the other, so that nothing of them is worked out anew. Those snapshots must have the head of the one that is
// written. Batches come out as they would by Add, however the members are dealt out to runs and calls. It keeps nothing of the members.
//
// A batch is gathered column by column, all runs of one before the next. Where runs are short, as they are in a batch of which a few members are replaced, the end of the column that grows
// stays at hand, and a run costs little more than the copying of its bytes. A batch that comes whole is written from where it lies.
func (w *SnapshotWriter) CopyRuns(runs []Run) error {
	if w.pending.Rows() > 0 && len(w.pending.hashes[0]) == 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	next := gathering{runs: w.taken[:0], rows: w.pending.Rows(), size: w.pending.bytes()}
	for _, r := range runs {
		for r.From < r.To {
			if next.rows == 0 && w.whole(r) {
				if err := w.writeMembers(r.Members); err != nil {
					return err
				}
				break
			}
			r.From = w.take(&next, r)
			if !next.full() {
				continue
			}
			w.gather(next.runs)
			if err := w.flush(); err != nil {
				return err
			}
			next = gathering{runs: next.runs[:0]}
		}
	}
	w.gather(next.runs)
	w.taken = next.runs
	return nil
}

// A gathering is what is pending and the runs that are to be added to it.
type gathering struct {
	runs       []Run
	rows, size int // of both; see MemberBlock.Full
}

func (g *gathering) full() bool { return g.rows >= Rows || g.size >= batchBytes }

// take adds to a gathering that is not full as many members of a run as there is room for, and returns the index of the first who is left.
func (w *SnapshotWriter) take(g *gathering, r Run) int {
	r.To = min(r.To, r.From+Rows-g.rows)
	size := w.bytes(r.Members, r.From, r.To)
	if g.size+size >= batchBytes {
		// The batch ends with the member whose texts reach the limit.
		r.To = r.From + 1 + sort.Search(r.To-r.From-1, func(i int) bool { return g.size+w.bytes(r.Members, r.From, r.From+1+i) >= batchBytes })
		size = w.bytes(r.Members, r.From, r.To)
	}
	g.runs, g.rows, g.size = append(g.runs, r), g.rows+r.To-r.From, g.size+size
	return r.To
}

// bytes returns the size of the texts of members.
func (w *SnapshotWriter) bytes(m *Members, from, to int) int {
	n := m.UniqueID.bytes(from, to) + m.Email.bytes(from, to)
	for _, i := range w.values {
		n += m.Values[i].bytes(from, to)
	}
	return n
}

// gather adds runs to what is pending, and forgets them.
func (w *SnapshotWriter) gather(runs []Run) {
	b := w.pending
	for _, r := range runs {
		b.appendIDs(r)
	}
	b.Version = appendRuns(b.Version, runs, func(m *Members) []int64 { return m.Version })
	b.Presence = appendRuns(b.Presence, runs, func(m *Members) []Presence { return m.Presence })
	b.DeletedUntil = appendRuns(b.DeletedUntil, runs, func(m *Members) []int64 { return m.DeletedUntil })
	for i := range b.hashes {
		b.hashes[i] = appendRuns(b.hashes[i], runs, func(m *Members) []uint64 { return m.hashes(i) })
	}
	for _, r := range runs {
		b.UniqueID.AppendRows(r.Members.UniqueID, r.From, r.To)
	}
	for _, r := range runs {
		b.Email.AppendRows(r.Members.Email, r.From, r.To)
	}
	for _, i := range w.values {
		for _, r := range runs {
			b.Values[i].AppendRows(r.Members.Values[i], r.From, r.To)
		}
	}
	clear(runs)
}

// appendIDs adds what of a run is kept otherwise in a block than in a file.
func (b *MemberBlock) appendIDs(r Run) {
	at, n := b.Rows(), r.To-r.From
	b.ID, b.FromRoster = slices.Grow(b.ID, n)[:at+n], slices.Grow(b.FromRoster, n)[:at+n]
	from := r.Members.FromRoster[r.From:r.To]
	for i := range n {
		copy(b.ID[at+i][:], r.Members.IDs[16*(r.From+i):])
		b.FromRoster[at+i] = from[i] == 1
	}
}

// appendRuns adds the rows of runs of a column of numbers.
func appendRuns[T any](to []T, runs []Run, column func(*Members) []T) []T {
	for _, r := range runs {
		to = append(to, column(r.Members)[r.From:r.To]...)
	}
	return to
}

// hashes returns column i of the four, in the order of the file.
func (m *Members) hashes(i int) []uint64 {
	return [...][]uint64{m.IDKey, m.EmailKey, m.RowHi, m.RowLo}[i]
}

// whole reports whether a run is all members of a batch that is cut as the writer would cut it, so that it can be written as it is.
func (w *SnapshotWriter) whole(r Run) bool {
	n := r.Members.Rows()
	if r.From > 0 || r.To < n || n > Rows || w.bytes(r.Members, 0, n-1) >= batchBytes || n < Rows && w.bytes(r.Members, 0, n) < batchBytes {
		return false
	}
	for _, c := range w.texts(r.Members) {
		if c.offsets[0] != 0 || c.valid != nil {
			return false
		}
	}
	return true
}

// texts returns the columns of text in the order of the file.
func (w *SnapshotWriter) texts(m *Members) []Column {
	all := []Column{m.UniqueID, m.Email}
	for _, i := range w.values {
		all = append(all, m.Values[i])
	}
	return all
}

// writeMembers writes a batch from the memory that it was read into.
func (w *SnapshotWriter) writeMembers(m *Members) error {
	n := m.Rows()
	columns := numbered(n, m.IDs[:16*n], m.Version, m.Presence, m.FromRoster, m.DeletedUntil, [4][]uint64{m.IDKey, m.EmailKey, m.RowHi, m.RowLo})
	for _, c := range w.texts(m) {
		columns = append(columns, textArray(n, nil, 0, arrow.Int32Traits.CastToBytes(c.offsets), c.data[:c.offsets[n]]))
	}
	return w.writeRecord(columns, n)
}
