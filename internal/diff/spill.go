package diff

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// A spillFile is a file without a name that takes what has no room in memory. It is made when it is first written to. Many goroutines may use it at once.
type spillFile struct {
	dir  string
	mu   sync.Mutex
	file *os.File
	size int64
}

// append writes p behind all else and returns where.
func (s *spillFile) append(p []byte) (at int64, err error) {
	file, at, err := s.reserve(int64(len(p)))
	if err != nil {
		return 0, err
	}
	if _, err := file.WriteAt(p, at); err != nil {
		return 0, fmt.Errorf("write temporary file: %w", err)
	}
	return at, nil
}

func (s *spillFile) reserve(n int64) (file *os.File, at int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		if s.file, err = nameless(s.dir); err != nil {
			return nil, 0, fmt.Errorf("make temporary file: %w", err)
		}
	}
	at, s.size = s.size, s.size+n
	return s.file, at, nil
}

// nameless returns a new file that has lost its name already, so that it is gone with the process whatever happens.
func nameless(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "rollcall-compare-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close() //nolint:errcheck // nothing was written
		return nil, err
	}
	return file, nil
}

// ReadAt reads what was appended.
func (s *spillFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.file.ReadAt(p, at)
	if err != nil {
		err = fmt.Errorf("read temporary file: %w", err)
	}
	return n, err
}

// close gives the file back. A second call does nothing.
func (s *spillFile) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// An allowance is how many bytes may still be kept in memory. Many goroutines may use it at once.
type allowance struct{ left atomic.Int64 }

func newAllowance(bytes int64) *allowance {
	a := &allowance{}
	a.left.Store(bytes)
	return a
}

// take takes n bytes, or none and answers false.
func (a *allowance) take(n int) bool {
	if a.left.Add(-int64(n)) >= 0 {
		return true
	}
	a.left.Add(int64(n))
	return false
}

// A spool keeps records apart by partition: in memory as far as it is allowed, and what comes later in a file. Records are written by one spooler a goroutine, and are
// read a block at a time once all spoolers were flushed. The order of blocks depends on the goroutines, so nobody relies on it.
type spool struct {
	file    *spillFile
	memory  *allowance
	block   int // bytes at which a block is full
	mu      sync.Mutex
	blocks  [][]block // by partition
	longest []int     // by partition: of the blocks in the file
}

// A block is whole records: in memory, or where data is nil in the file.
type block struct {
	data []byte
	at   int64
	size int
}

// newSpool returns a spool of so many partitions. budget is the whole that memory was, of which the blocks that are being filled may take an eighth.
func newSpool(file *spillFile, memory *allowance, partitions, workers int, budget int64) *spool {
	size := budget / int64(8*partitions*workers)
	return &spool{file: file, memory: memory, block: int(min(max(size, 256), 16<<10)), blocks: make([][]block, partitions), longest: make([]int, partitions)}
}

// A spooler writes to a spool. It is used by one goroutine.
type spooler struct {
	*spool
	open [][]byte // by partition
}

func (s *spool) spooler() *spooler { return &spooler{s, make([][]byte, len(s.blocks))} }

// firstBlock is how many bytes a partition's first block has. Each that follows has twice as many, up to those of a full one: so few records take little memory, and none is moved once it is written.
const firstBlock = 512

// add adds a record, of which it keeps nothing.
func (w *spooler) add(partition int, record []byte) error {
	open := w.open[partition]
	if len(open)+len(record) > cap(open) {
		size := max(min(max(2*cap(open), firstBlock), w.block), len(record))
		if err := w.flush(partition); err != nil {
			return err
		}
		if open = w.open[partition]; cap(open) < size {
			open = make([]byte, 0, size)
		}
	}
	w.open[partition] = append(open, record...)
	return nil
}

// flush moves a partition's open block to the spool, if there is anything in it. Where the spool keeps its memory, a new one has to be made.
func (w *spooler) flush(partition int) error {
	if len(w.open[partition]) == 0 {
		return nil
	}
	b := block{data: w.open[partition], size: len(w.open[partition])}
	w.open[partition] = nil
	if !w.memory.take(cap(b.data)) {
		at, err := w.file.append(b.data)
		if err != nil {
			return err
		}
		if cap(b.data) <= 2*w.block {
			w.open[partition] = b.data[:0]
		}
		b.data, b.at = nil, at
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blocks[partition] = append(w.blocks[partition], b)
	if b.data == nil {
		w.longest[partition] = max(w.longest[partition], b.size)
	}
	return nil
}

// finish flushes all partitions.
func (w *spooler) finish() error {
	for p := range w.open {
		if err := w.flush(p); err != nil {
			return err
		}
	}
	w.open = nil
	return nil
}

// read calls do for every block of a partition; a block is good until do returns.
func (s *spool) read(partition int, do func(records []byte) error) error {
	scratch := make([]byte, s.longest[partition])
	for _, b := range s.blocks[partition] {
		if b.data == nil {
			b.data = scratch[:b.size]
			if _, err := s.file.ReadAt(b.data, b.at); err != nil {
				return err
			}
		}
		if err := do(b.data); err != nil {
			return err
		}
	}
	return nil
}

// gather returns all records of a partition in blocks of their own.
func (s *spool) gather(partition int) ([][]byte, error) {
	var all [][]byte
	for _, b := range s.blocks[partition] {
		if b.data == nil {
			b.data = make([]byte, b.size)
			if _, err := s.file.ReadAt(b.data, b.at); err != nil {
				return nil, err
			}
		}
		all = append(all, b.data)
	}
	return all, nil
}

// drop gives a partition's memory back to whoever collects it.
func (s *spool) drop(partition int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.blocks[partition] {
		if b.data != nil {
			s.memory.left.Add(int64(cap(b.data)))
		}
	}
	s.blocks[partition] = nil
}
