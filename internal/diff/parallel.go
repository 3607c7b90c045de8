package diff

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// each calls do for every index below n on so many workers, and starts them in ascending order. The first error stops it, as does the end of ctx.
func each(ctx context.Context, workers, n int, do func(worker, i int) error) error {
	g := group{ctx: ctx, n: int64(n), do: do}
	var wait sync.WaitGroup
	for w := 1; w < min(workers, n); w++ {
		wait.Go(func() { g.work(w) })
	}
	g.work(0)
	wait.Wait()
	if g.err != nil {
		return g.err
	}
	return ctx.Err()
}

type group struct {
	ctx  context.Context
	n    int64
	do   func(worker, i int) error
	next atomic.Int64
	stop atomic.Bool

	mu  sync.Mutex
	err error
}

func (g *group) work(worker int) {
	for !g.stop.Load() {
		// An index that is taken is done whatever happens: others may wait for it in a line.
		if err := g.ctx.Err(); err != nil {
			g.fail(err)
			return
		}
		i := g.next.Add(1) - 1
		if i >= g.n {
			return
		}
		if err := g.do(worker, int(i)); err != nil {
			g.fail(err)
			return
		}
	}
}

func (g *group) fail(err error) {
	g.stop.Store(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil || errors.Is(g.err, errLeft) {
		g.err = err
	}
}

// errLeft answers those who wait in a line that somebody left.
var errLeft = errors.New("reading stopped")

// A line gives batches that are read side by side their places one behind the other: how many rows stand before a batch is known once all those before it were read.
type line struct {
	mu    sync.Mutex
	moved *sync.Cond
	left  bool

	batches []batchPlace
	rows    int
	// aside is the number of the last row set aside so far.
	aside int32
}

// A batchPlace is where a batch's rows stand among all rows of its side.
type batchPlace struct{ start, rows int }

func (p batchPlace) end() int { return p.start + p.rows }

func newLine() *line {
	l := &line{}
	l.moved = sync.NewCond(&l.mu)
	return l
}

// mostRows is how many rows a side may have: their places are kept in 32 bits.
const mostRows = 1<<31 - 2

var errTooMany = errors.New("compare: more than two thousand million rows")

// enter waits for batch i's turn and gives its rows their place. lastAside is the number of the last row set aside in it, 0 where it has none; before is the same of the batches before it.
func (l *line) enter(i, rows int, lastAside int32) (start int, before int32, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.batches) != i && !l.left {
		l.moved.Wait()
	}
	if l.left {
		return 0, 0, errLeft
	}
	if l.rows+rows > mostRows {
		l.left = true
		l.moved.Broadcast()
		return 0, 0, errTooMany
	}
	start, before = l.rows, l.aside
	l.batches = append(l.batches, batchPlace{start, rows})
	l.rows += rows
	if lastAside != 0 {
		l.aside = lastAside
	}
	l.moved.Broadcast()
	return start, before, nil
}

// leave ends the waiting of all others where err is an error. It returns err.
func (l *line) leave(err error) error {
	if err != nil {
		l.mu.Lock()
		l.left = true
		l.moved.Broadcast()
		l.mu.Unlock()
	}
	return err
}
