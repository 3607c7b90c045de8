package diff

import (
	"slices"
	"sync"

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
	leaves                bool     // anything
}

// A sortEntry is where a change lies in memory.
type sortEntry struct {
	prefix     sortPrefix // orders most changes without a look at them
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

const entryBytes = 24

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

// compare is the order of two changes in memory.
func (s *sorter) compare(a, b sortEntry) int {
	if d := a.prefix.compare(b.prefix); d != 0 {
		return d
	}
	return s.at(a).compare(s.at(b))
}

// leastToShare is how many entries are worth another goroutine.
const leastToShare = 4096

// sort orders entries on up to so many goroutines. Each gets the entries of one range of the order, so that nothing has to be merged.
func (s *sorter) sort(entries []sortEntry, workers int) {
	if workers < 2 || len(entries) < leastToShare {
		s.radix(entries, 0)
		return
	}
	below := s.halve(entries)
	var wait sync.WaitGroup
	wait.Go(func() { s.sort(entries[:below], workers/2) })
	s.sort(entries[below:], workers-workers/2)
	wait.Wait()
}

// leastToDeal is how many entries are worth being told apart by a byte.
const leastToDeal = 64

// radix orders entries whose prefixes are the same as far as byte at: by that byte as long as they are many.
func (s *sorter) radix(entries []sortEntry, at int) {
	if len(entries) < leastToDeal || at == prefixBytes {
		slices.SortFunc(entries, s.compare)
		return
	}
	from := 0
	for _, to := range deal(entries, at) {
		if to-from > 1 {
			s.radix(entries[from:to], at+1)
		}
		from = to
	}
}

// deal brings entries into the order of one byte of their prefixes, and returns where those of each value end.
func deal(entries []sortEntry, at int) (ends [256]int) {
	for i := range entries {
		ends[entries[i].prefix.byte(at)]++
	}
	end, next := 0, [256]int{}
	for b, n := range ends {
		next[b], ends[b] = end, end+n
		end += n
	}
	for b, end := range ends {
		for next[b] < end {
			// Whoever stands here changes places with whoever is first among those not dealt yet of its own value, until one comes that belongs here.
			e := entries[next[b]]
			for own := e.prefix.byte(at); int(own) != b; own = e.prefix.byte(at) {
				e, entries[next[own]] = entries[next[own]], e
				next[own]++
			}
			entries[next[b]] = e
			next[b]++
		}
	}
	return ends
}

// halve moves the entries below the median of a sample before all others, and returns how many they are.
func (s *sorter) halve(entries []sortEntry) (below int) {
	var sample [255]sortEntry
	for i := range sample {
		sample[i] = entries[i*len(entries)/len(sample)]
	}
	slices.SortFunc(sample[:], s.compare)
	median := sample[len(sample)/2]
	for i, e := range entries {
		if s.compare(e, median) < 0 {
			entries[i], entries[below] = entries[below], e
			below++
		}
	}
	return below
}

// spill writes what is in memory as a run.
func (s *sorter) spill() error {
	s.sort(s.entries, 1)
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

// keep says what is left out on reading, and ends the writing. What is in memory is ordered by up to so many goroutines.
func (s *sorter) keep(conflicted, protected placeSet, workers int) {
	s.conflicted, s.protected = conflicted, protected
	if s.leaves = conflicted.any() || protected.any(); s.leaves {
		s.entries = slices.DeleteFunc(s.entries, func(e sortEntry) bool { return s.left(s.at(e)) })
	}
	s.sort(s.entries, workers)
}

// any reports whether anything is in b.
func (b placeSet) any() bool {
	return slices.ContainsFunc(b, func(places uint64) bool { return places != 0 })
}

// left reports whether a change is left out.
func (s *sorter) left(c storedChange) bool {
	switch {
	case !s.leaves:
		return false
	case c.removes():
		return s.protected.hasPlace(c.about())
	}
	return s.conflicted.hasPlace(c.about())
}

// close gives memory and file back. A second call does nothing.
func (s *sorter) close() error {
	s.closed = true
	s.chunks, s.entries, s.runs = nil, nil, nil
	return s.file.close()
}
