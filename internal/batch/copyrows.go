package batch

// CopyRows takes members of another snapshot from index from, up to but not including to, with their hashes, so that nothing of them is worked out anew. That snapshot must have
// the head of the one that is written. Batches come out as they would by Add. It keeps nothing of m.
func (w *SnapshotWriter) CopyRows(m *Members, from, to int) error {
	if w.pending.Rows() > 0 && len(w.pending.hashes[0]) == 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	for from < to {
		n := min(to-from, Rows-w.pending.Rows())
		if w.pending.bytes()+w.bytes(m, from, from+n) >= batchBytes {
			n = 1 // the batch ends before it has all its rows, and after which of them is to be found out
		}
		w.copyRows(m, from, from+n)
		from += n
		if w.pending.Full() {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// bytes returns the size of the texts of members.
func (w *SnapshotWriter) bytes(m *Members, from, to int) int {
	n := m.UniqueID.bytes(from, to) + m.Email.bytes(from, to)
	for i, f := range w.head.Fields {
		if !identifies(f) {
			n += m.Values[i].bytes(from, to)
		}
	}
	return n
}

func (w *SnapshotWriter) copyRows(m *Members, from, to int) {
	b := w.pending
	for i := from; i < to; i++ {
		b.ID, b.FromRoster = append(b.ID, MemberID(m.IDs[16*i:16*i+16])), append(b.FromRoster, m.FromRoster[i] == 1)
	}
	b.Version, b.Presence, b.DeletedUntil = append(b.Version, m.Version[from:to]...), append(b.Presence, m.Presence[from:to]...), append(b.DeletedUntil, m.DeletedUntil[from:to]...)
	b.UniqueID.AppendRows(m.UniqueID, from, to)
	b.Email.AppendRows(m.Email, from, to)
	for i, f := range w.head.Fields {
		if !identifies(f) {
			b.Values[i].AppendRows(m.Values[i], from, to)
		}
	}
	for i, c := range [][]uint64{m.IDKey, m.EmailKey, m.RowHi, m.RowLo} {
		b.hashes[i] = append(b.hashes[i], c[from:to]...)
	}
}
