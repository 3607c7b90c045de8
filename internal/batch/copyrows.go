package batch

import "sort"

// A Run is members of a snapshot from index From, up to but not including To.
type Run struct {
	Members  *Members
	From, To int
}

// CopyRuns takes members of other snapshots with their hashes, one run after the other, so that nothing of them is worked out anew. Those snapshots must have the head of the one that is
// written. Batches come out as they would by Add, however the members are dealt out to runs and calls. It retains the members until they are copied, which may be after it returned.
//
// Here it is only settled where batches end. They are gathered side by side by other goroutines, and written in their order by one: see copier.
func (w *SnapshotWriter) CopyRuns(runs []Run) error {
	if err := w.flush(); err != nil {
		return err
	}
	if w.copier == nil {
		w.copier = newCopier(w)
	}
	for _, r := range runs {
		for r.From < r.To {
			next := w.copier.next()
			if r.From = w.take(next, r); !w.full(next) {
				continue
			}
			if err := w.copier.send(); err != nil {
				return err
			}
		}
	}
	return nil
}

// A cut is the members of one batch of a copy.
type cut struct {
	held   []held
	pieces []piece
	rows   int
	most   int // how many bytes their texts have at most: as many as those of all members who are held

	// Where that is too many they are counted, those of the first pieces once.
	counted, size int
}

// held is members that a cut retains, and the bounds of what it takes of them: from index from up to but not including to.
type held struct {
	*Members
	from, to int
}

// A piece is rows, from index from up to but not including to, of the members who are held at index of.
type piece struct{ of, from, to int }

// full reports whether a cut is a whole batch; see MemberBlock.Full.
func (w *SnapshotWriter) full(c *cut) bool { return c.rows >= Rows || w.size(c) >= batchBytes }

// size returns the size of the texts, or what is no less and less than batchBytes.
func (w *SnapshotWriter) size(c *cut) int {
	if c.most < batchBytes {
		return c.most
	}
	for _, p := range c.pieces[c.counted:] {
		c.size += w.bytes(c.held[p.of].Members, p.from, p.to)
	}
	c.counted = len(c.pieces)
	return c.size
}

// take adds to a cut that is not full as many members of a run as there is room for, and returns the index of the first who is left.
func (w *SnapshotWriter) take(c *cut, r Run) int {
	of := w.hold(c, r)
	to := min(r.To, r.From+Rows-c.rows)
	if c.most >= batchBytes {
		// The batch ends with the member whose texts reach the limit.
		size := w.size(c)
		to = r.From + 1 + sort.Search(to-r.From-1, func(i int) bool { return size+w.bytes(r.Members, r.From, r.From+1+i) >= batchBytes })
	}
	c.pieces, c.rows = append(c.pieces, piece{of, r.From, to}), c.rows+to-r.From
	c.held[of].to = to
	return to
}

// hold returns the index at which the members of a run are held: nearly always one of the last two. Members who are taken out of their order are held anew, so that no texts are within the
// bounds of two who are held.
func (w *SnapshotWriter) hold(c *cut, r Run) int {
	for i := len(c.held) - 1; i >= 0; i-- {
		if h := c.held[i]; h.Members == r.Members && h.to <= r.From {
			return i
		}
	}
	r.Members.Retain()
	c.held = append(c.held, held{r.Members, r.From, r.From})
	c.most += w.bytes(r.Members, 0, r.Members.Rows())
	return len(c.held) - 1
}

// reset empties a cut and releases its members.
func (c *cut) reset() {
	for _, h := range c.held {
		h.Release()
	}
	clear(c.held)
	*c = cut{held: c.held[:0], pieces: c.pieces[:0]}
}

// texts returns the number of columns of text.
func (w *SnapshotWriter) texts() int { return 2 + len(w.values) }

// text returns column of text i, in the order of the file.
func (w *SnapshotWriter) text(m *Members, i int) *Column {
	switch i {
	case 0:
		return &m.UniqueID
	case 1:
		return &m.Email
	}
	return &m.Values[w.values[i-2]]
}

// bytes returns the size of the texts of members.
func (w *SnapshotWriter) bytes(m *Members, from, to int) (n int) {
	for i := range w.texts() {
		n += w.text(m, i).bytes(from, to)
	}
	return n
}
