package diff

import (
	"slices"
	"sync"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// result orders, counts and digests the changes.
func (c *comparison) result() (*Result, error) {
	r := &Result{Unmatched: c.unmatched(), changes: c.changes}
	c.count(r)
	c.changes.keep(c.conflicted(), c.members.protectedSet(), c.Workers)
	digest, all, err := c.digest()
	if err != nil {
		return nil, err
	}
	s := &c.summary
	s.Digest, s.Epoch, s.RemovalOp, s.Rows = digest, c.Epoch, c.removal, c.rows.taking
	all.summarise(s, c.names)
	r.Summary, r.Rekeys = *s, all.rekeys
	r.AddressesWithoutID, err = c.moved(r.Summary, all.withoutID)
	return r, err
}

// digest reads the changes once, and counts them: workers encode a lot each, and one at a time hashes what they encoded.
func (c *comparison) digest() (changeset.Digest, *tally, error) {
	hashing := newHashing(changeset.NewDigester(c.FileSHA256, c.MappingDigest))
	encoders := make([]*encoder, c.Workers)
	for i := range encoders {
		encoders[i] = &encoder{names: c.names, id: c.uniqueID, ops: changeset.Ops(), tally: newTally(len(c.names))}
	}
	err := c.changes.scan(c.ctx, c.Workers, allStages, func(w int, l *lot) {
		e := encoders[w]
		for _, ch := range l.changes {
			e.add(ch)
		}
		e.encoded = hashing.add(l.number, e.encoded)
	})
	if err != nil {
		return "", nil, err
	}
	all := encoders[0].tally
	for _, e := range encoders[1:] {
		all.merge(e.tally)
	}
	return hashing.digester.Digest(), all, nil
}

// A hashing hashes encoded lots in their order. Nobody can share that, so everything else waits for it and not the other way round: whoever brings a lot while nobody hashes hashes it, and all that are
// brought meanwhile, and the others go on encoding.
type hashing struct {
	digester *changeset.Digester

	mu     sync.Mutex
	hashed sync.Cond
	lots   map[int][]byte // by number, those that were brought and not hashed yet
	next   int            // number of the lot to be hashed next
	busy   bool           // somebody hashes
	free   [][]byte       // what hashed lots were encoded in
}

// mostEncoded is how many lots are encoded and not hashed at most while somebody encodes more.
const mostEncoded = 4

func newHashing(digester *changeset.Digester) *hashing {
	h := &hashing{digester: digester, lots: map[int][]byte{}}
	h.hashed.L = &h.mu
	return h
}

// add takes an encoded lot, and returns what the next can be encoded in. It waits where too many lots are not hashed yet; all before them were taken by somebody who will add them.
func (h *hashing) add(number int, encoded []byte) (free []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lots[number] = encoded
	if !h.busy {
		h.hash()
	}
	for len(h.lots) >= mostEncoded {
		h.hashed.Wait()
	}
	if last := len(h.free) - 1; last >= 0 {
		free, h.free = h.free[last], h.free[:last]
	}
	return free
}

// hash hashes the lots whose turn it is. It gives up the lock meanwhile.
func (h *hashing) hash() {
	h.busy = true
	for encoded, ok := h.lots[h.next]; ok; encoded, ok = h.lots[h.next] {
		h.mu.Unlock()
		h.digester.AddEncoded(encoded)
		h.mu.Lock()
		delete(h.lots, h.next)
		h.next, h.free = h.next+1, append(h.free, encoded[:0])
		h.hashed.Broadcast()
	}
	h.busy = false
}

// An encoder encodes changes for the digest and counts them. It is used by one goroutine.
type encoder struct {
	names   []roster.Field
	id      int // number of the unique ID among names, -1 where it is not mapped
	ops     []changeset.Op
	encoded []byte
	member  []byte
	*tally
}

// add takes a change.
func (e *encoder) add(c storedChange) {
	r := c.reader()
	h := r.head()
	e.member = c.appendMember(e.member[:0])
	e.encoded = changeset.AppendHead(e.encoded, changeset.Head[[]byte]{
		Op: e.ops[h.op], Removal: c.removes(), Member: e.member, Version: h.version, Row: int(c.row()), UniqueID: h.uniqueID, Email: h.email, Fields: h.fields,
	})
	e.count(c, h)
	counts := !c.creates() && !c.removes()
	for range h.fields {
		number, before, after := r.field()
		e.encoded = changeset.AppendField(e.encoded, e.names[number], before, after)
		if !counts {
			continue
		}
		e.fields[number]++
		if len(after) == 0 {
			e.emptied[number]++
		}
		if number == e.id && len(before) > 0 {
			e.rekeys++
		}
	}
}

// A tally counts changes.
type tally struct {
	ops              []int // by index in changeset.Ops
	fields, emptied  []int // by number, of those who are neither new nor removed
	removals, rekeys int
	withoutID        int // who are new or removed and have no unique ID
}

func newTally(fields int) *tally {
	return &tally{ops: make([]int, len(changeset.Ops())), fields: make([]int, fields), emptied: make([]int, fields)}
}

func (t *tally) count(c storedChange, h changeHead[[]byte]) {
	t.ops[h.op]++
	if c.removes() {
		t.removals++
	}
	if len(h.uniqueID) == 0 && (c.creates() || c.removes()) {
		t.withoutID++
	}
}

// merge adds what another counted.
func (t *tally) merge(other *tally) {
	for _, counts := range [][2][]int{{t.ops, other.ops}, {t.fields, other.fields}, {t.emptied, other.emptied}} {
		for i, n := range counts[1] {
			counts[0][i] += n
		}
	}
	t.removals, t.rekeys, t.withoutID = t.removals+other.removals, t.rekeys+other.rekeys, t.withoutID+other.withoutID
}

// summarise writes the counts into s.
func (t *tally) summarise(s *changeset.Summary, names []roster.Field) {
	of := func(op changeset.Op) int { return t.ops[slices.Index(changeset.Ops(), op)] }
	n := &s.Totals
	n.Create, n.Update, n.Delete = of(changeset.Create), of(changeset.Update), of(changeset.Delete)
	n.Deactivate, n.Reactivate, n.Restore = of(changeset.Deactivate), of(changeset.Reactivate), of(changeset.Restore)
	s.Removals, s.Fields, s.Emptied = t.removals, map[roster.Field]int{}, map[roster.Field]int{}
	for i, name := range names {
		if t.fields[i] > 0 {
			s.Fields[name] += t.fields[i]
		}
		if t.emptied[i] > 0 {
			s.Emptied[name] += t.emptied[i]
		}
	}
}
