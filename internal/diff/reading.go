package diff

import (
	"context"
	"errors"
	"iter"
	"sync"

	"rollcall.internal/internal/changeset"
)

// A lot is changes that stand one behind the other: lotChanges at most, and no more once they have lotBytes. It is what is done between two looks at the context.
type lot struct {
	number  int // of the lot
	first   int // number of its first change
	changes []storedChange
	copies  []byte // of the changes
}

const lotChanges = 1024

// lotBytes bounds lots so that the few of each worker, and what they are encoded to, are small beside what the sorter keeps.
func (s *sorter) lotBytes() int { return int(min(max(s.limit/64, 4<<10), 128<<10)) }

// A reading takes the changes of some stages in their order, a lot at a time. Many goroutines may take lots at once.
type reading struct {
	*sorter
	mu          sync.Mutex
	memory      []sortEntry // what is still to be read, where all changes are in memory
	merge       merge       // the same where some are in the file
	lots, taken int         // lots, and changes in them, that were taken
	err         error
}

var errClosed = errors.New("read changes: the result is closed")

func (s *sorter) read(stages stageRange) (*reading, error) {
	if s.closed {
		return nil, errClosed
	}
	r := &reading{sorter: s}
	if len(s.runs) == 0 {
		r.memory = s.inMemory(stages)
		return r, nil
	}
	var err error
	r.merge, err = s.openMerge(stages)
	return r, err
}

// take fills l with the next changes, which are good until l is filled again. It answers false where there are no more.
func (r *reading) take(l *lot) (more bool, err error) {
	l.changes, l.copies = l.changes[:0], l.copies[:0]
	if err := r.claim(l); err != nil {
		return false, err
	}
	// A change in memory is away from its neighbours in order. Copied at once they are fetched side by side, where who looks at one after the other waits for each.
	for _, c := range l.changes {
		l.copies = append(l.copies, c...)
	}
	l.changes = l.changes[:0]
	for rest := l.copies; len(rest) > 0; {
		c := cut(rest)
		l.changes, rest = append(l.changes, c), rest[len(c):]
	}
	return len(l.changes) > 0, nil
}

// claim takes the next changes for l: where all are in memory as they lie there, else as copies.
func (r *reading) claim(l *lot) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := 0
	if len(r.runs) == 0 {
		taken = r.fromMemory(l)
	} else if r.err == nil {
		taken, r.err = r.fromMerge(l)
	}
	l.number, l.first = r.lots, r.taken
	r.lots, r.taken = r.lots+1, r.taken+taken
	return r.err
}

func (r *reading) fromMemory(l *lot) int {
	bytes := 0
	for _, e := range r.memory {
		if len(l.changes) == lotChanges || bytes >= r.lotBytes() {
			break
		}
		c := r.at(e)
		l.changes, bytes = append(l.changes, c), bytes+len(c)
	}
	r.memory = r.memory[len(l.changes):]
	return len(l.changes)
}

func (r *reading) fromMerge(l *lot) (taken int, err error) {
	for len(r.merge) > 0 && taken < lotChanges && len(l.copies) < r.lotBytes() {
		if c := r.merge[0].head; !r.left(c) {
			l.copies, taken = append(l.copies, c...), taken+1
		}
		if err := r.merge.advance(); err != nil {
			return 0, err
		}
	}
	return taken, nil
}

// scan calls do with all changes of some stages, a lot at a time, on so many goroutines. Every lot that was taken is done, whatever happens: others may need it to go on.
func (s *sorter) scan(ctx context.Context, workers int, stages stageRange, do func(worker int, l *lot)) error {
	r, err := s.read(stages)
	if err != nil {
		return err
	}
	return each(ctx, workers, workers, func(w, _ int) error {
		for l := new(lot); ; do(w, l) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if more, err := r.take(l); err != nil || !more {
				return err
			}
		}
	})
}

// changes yields the changes of some stages.
func (s *sorter) changes(stages stageRange) iter.Seq2[changeset.Change, error] {
	return func(yield func(changeset.Change, error) bool) {
		r, err := s.read(stages)
		if err != nil {
			yield(changeset.Change{}, err)
			return
		}
		maker := newChangeMaker(s.names)
		for l := new(lot); ; {
			more, err := r.take(l)
			if err != nil {
				yield(changeset.Change{}, err)
			}
			if err != nil || !more {
				return
			}
			for _, c := range l.changes {
				if !yield(maker.change(c), nil) {
					return
				}
			}
		}
	}
}
