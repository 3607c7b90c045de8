package diff

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// A source is sorted changes of which one is looked at.
type source struct {
	head   storedChange // nil at the end
	prefix sortPrefix   // of head
	next   func() (storedChange, error)
}

// advance looks at the next change.
func (s *source) advance() (err error) {
	if s.head, err = s.next(); s.head != nil {
		s.prefix = s.head.prefix()
	}
	return err
}

// A merge is sources by their heads.
type merge []*source

func (m merge) Len() int      { return len(m) }
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)   { *m = append(*m, x.(*source)) }
func (m merge) Less(i, j int) bool {
	if d := m[i].prefix.compare(m[j].prefix); d != 0 {
		return d < 0
	}
	return m[i].head.compare(m[j].head) < 0
}

func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

// openMerge opens all sources.
func (s *sorter) openMerge(stages stageRange) (merge, error) {
	sources := []*source{{next: s.memorySource(s.inMemory(stages))}}
	for _, r := range s.runs {
		sources = append(sources, &source{next: s.fileSource(r, stages)})
	}
	var m merge
	for _, src := range sources {
		if err := src.advance(); err != nil {
			return nil, err
		}
		if src.head != nil {
			m = append(m, src)
		}
	}
	heap.Init(&m)
	return m, nil
}

// advance moves the first source on.
func (m *merge) advance() error {
	first := (*m)[0]
	if err := first.advance(); err != nil {
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

// inMemory returns where the changes of some stages lie in memory.
func (s *sorter) inMemory(stages stageRange) []sortEntry {
	start := func(stage int) int {
		i, _ := slices.BinarySearchFunc(s.entries, stage, func(e sortEntry, stage int) int { return cmp.Compare(e.prefix.stage(), stage) })
		return i
	}
	return s.entries[start(stages.from):start(stages.to)]
}

// memorySource returns the next of what is in memory.
func (s *sorter) memorySource(entries []sortEntry) func() (storedChange, error) {
	return func() (storedChange, error) {
		if len(entries) == 0 {
			return nil, nil
		}
		c := s.at(entries[0])
		entries = entries[1:]
		return c, nil
	}
}

// fileSource returns the next of a run; each is good until the next.
func (s *sorter) fileSource(r run, stages stageRange) func() (storedChange, error) {
	at, end := r.at[stages.from], r.at[stages.to]
	buffer := min(max(s.limit/int64(4*len(s.runs)), 4<<10), 64<<10)
	in := bufio.NewReaderSize(io.NewSectionReader(s.file, at, end-at), int(min(buffer, end-at+1)))
	var record []byte
	return func() (storedChange, error) {
		if at == end {
			return nil, nil
		}
		size, err := in.Peek(4)
		if err != nil {
			return nil, fmt.Errorf("read changes: %w", err)
		}
		n := int(binary.LittleEndian.Uint32(size))
		record = slices.Grow(record[:0], n)[:n]
		if _, err := io.ReadFull(in, record); err != nil {
			return nil, fmt.Errorf("read changes: %w", err)
		}
		at += int64(n)
		return record, nil
	}
}
