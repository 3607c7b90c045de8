package diff

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// A sorter takes changes in any order from many goroutines, and yields them in the order of changeset.Sort as often as is asked for. It keeps so many bytes in memory; where there are more, it writes
// sorted runs to a file and merges them on reading.
type sorter struct {
	names []roster.Field
	limit int64

	mu      sync.Mutex
	chunks  [][]byte
	entries []sortEntry
	used    int64

	file   *spillFile
	runs   []run
	closed bool

	conflicted, protected placeSet // what is left out: changes of these rows, and removals of these members
}

// A sortEntry is where a change lies in memory.
type sortEntry struct {
	prefix     uint64 // orders most changes without a look at them
	chunk, off uint32
}

// A run is sorted changes in the file; those of a stage begin at its index of at, and end where the next begins.
type run struct{ at [4]int64 }

// A stageRange is stages by their index in changeset.Stages, the last not included.
type stageRange struct{ from, to int }

var (
	allStages     = stageRange{0, 3}
	creationsOnly = stageRange{1, 2}
	removalsOnly  = stageRange{2, 3}
)

const entryBytes = 16

func newSorter(dir string, limit int64, names []roster.Field) *sorter {
	return &sorter{names: names, limit: limit, file: &spillFile{dir: dir}}
}

// chunkBytes is how much memory is taken at a time.
func (s *sorter) chunkBytes() int { return int(min(max(s.limit/16, 4<<10), 1<<20)) }

// add takes a change that was stored by appendChange, and keeps a copy.
func (s *sorter) add(record []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+int64(len(record)) > s.limit && len(s.entries) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	n := len(s.chunks)
	if n == 0 || len(s.chunks[n-1])+len(record) > cap(s.chunks[n-1]) {
		s.chunks = append(s.chunks, make([]byte, 0, max(s.chunkBytes(), len(record))))
		n++
	}
	c := &s.chunks[n-1]
	s.entries = append(s.entries, sortEntry{storedChange(record).prefix(), uint32(n - 1), uint32(len(*c))})
	*c = append(*c, record...)
	s.used += int64(len(record)) + entryBytes
	return nil
}

func (s *sorter) at(e sortEntry) storedChange { return cut(s.chunks[e.chunk][e.off:]) }

// sort orders what is in memory.
func (s *sorter) sort() {
	slices.SortFunc(s.entries, func(a, b sortEntry) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		return s.at(a).compare(s.at(b))
	})
}

// spill writes what is in memory as a run.
func (s *sorter) spill() error {
	s.sort()
	var r run
	out := make([]byte, 0, 256<<10)
	at, stage := s.file.size, 0
	for _, e := range s.entries {
		record := s.at(e)
		for ; stage <= record.stage(); stage++ {
			r.at[stage] = at + int64(len(out))
		}
		if len(out)+len(record) > cap(out) && len(out) > 0 {
			if _, err := s.file.append(out); err != nil {
				return err
			}
			at, out = at+int64(len(out)), out[:0]
		}
		out = append(out, record...)
	}
	if _, err := s.file.append(out); err != nil {
		return err
	}
	for ; stage < len(r.at); stage++ {
		r.at[stage] = s.file.size
	}
	s.runs = append(s.runs, r)
	s.chunks, s.entries, s.used = nil, s.entries[:0], 0
	return nil
}

// keep says what is left out on reading, and ends the writing.
func (s *sorter) keep(conflicted, protected placeSet) {
	s.conflicted, s.protected = conflicted, protected
	s.sort()
}

// left reports whether a change is left out.
func (s *sorter) left(c storedChange) bool {
	if c.stage() == removalsOnly.from {
		return s.protected.hasPlace(c.about())
	}
	return s.conflicted.hasPlace(c.about())
}

var errClosed = errors.New("read changes: the result is closed")

// changes yields the changes of some stages.
func (s *sorter) changes(stages stageRange) iter.Seq2[changeset.Change, error] {
	return func(yield func(changeset.Change, error) bool) {
		for c, err := range s.stored(stages) {
			if err != nil {
				yield(changeset.Change{}, err)
				return
			}
			if ch, _ := c.change(s.names); !yield(ch, nil) {
				return
			}
		}
	}
}

// stored yields the changes of some stages as they are stored; each is good until the next.
func (s *sorter) stored(stages stageRange) iter.Seq2[storedChange, error] {
	return func(yield func(storedChange, error) bool) {
		m, err := s.merge(stages)
		if err != nil {
			yield(nil, err)
			return
		}
		for len(m) > 0 {
			if !s.left(m[0].head) && !yield(m[0].head, nil) {
				return
			}
			if err := m.advance(); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// close gives memory and file back. A second call does nothing.
func (s *sorter) close() error {
	s.closed = true
	s.chunks, s.entries, s.runs = nil, nil, nil
	return s.file.close()
}

// A source is sorted changes of which one is looked at.
type source struct {
	head storedChange
	next func() (storedChange, error) // nil at the end
}

// A merge is sources by their heads.
type merge []*source

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return m[i].head.compare(m[j].head) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*source)) }
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

// merge opens all sources.
func (s *sorter) merge(stages stageRange) (merge, error) {
	if s.closed {
		return nil, errClosed
	}
	sources := []*source{{next: s.inMemory(stages)}}
	for _, r := range s.runs {
		sources = append(sources, &source{next: s.inFile(r, stages)})
	}
	var m merge
	for _, src := range sources {
		head, err := src.next()
		if err != nil {
			return nil, err
		}
		if src.head = head; head != nil {
			m = append(m, src)
		}
	}
	heap.Init(&m)
	return m, nil
}

// advance moves the first source on.
func (m *merge) advance() (err error) {
	first := (*m)[0]
	if first.head, err = first.next(); err != nil {
		return err
	}
	switch {
	case first.head == nil:
		heap.Pop(m)
	case len(*m) > 1:
		heap.Fix(m, 0)
	}
	return nil
}

func (s *sorter) inMemory(stages stageRange) func() (storedChange, error) {
	start := func(stage int) int {
		i, _ := slices.BinarySearchFunc(s.entries, stage, func(e sortEntry, stage int) int { return cmp.Compare(int(e.prefix>>57), stage) })
		return i
	}
	entries := s.entries[start(stages.from):start(stages.to)]
	return func() (storedChange, error) {
		if len(entries) == 0 {
			return nil, nil
		}
		c := s.at(entries[0])
		entries = entries[1:]
		return c, nil
	}
}

func (s *sorter) inFile(r run, stages stageRange) func() (storedChange, error) {
	from, to := r.at[stages.from], r.at[stages.to]
	buffer := min(max(s.limit/int64(4*len(s.runs)), 4<<10), 64<<10)
	in := bufio.NewReaderSize(io.NewSectionReader(s.file, from, to-from), int(min(buffer, to-from+1)))
	var record []byte
	return func() (storedChange, error) {
		size, err := in.Peek(4)
		if len(size) == 0 && errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read changes: %w", err)
		}
		n := int(binary.LittleEndian.Uint32(size))
		record = slices.Grow(record[:0], n)[:n]
		if _, err := io.ReadFull(in, record); err != nil {
			return nil, fmt.Errorf("read changes: %w", err)
		}
		return record, nil
	}
}
