package intake

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"rollcall.internal/internal/roster"
)

// mostWorkers is how many workers there are at most. One core alone cuts and writes, and does it about as fast as that many can read.
const mostWorkers = 16

// tuning is for tests: how a file is cut.
type tuning struct {
	serial    bool // read all of it strictly, record by record
	blockSize int  // 0: as blockSize
	patience  int  // 0: as patience
}

// soon is how many blocks, read between two that had to be read serially, make these no series.
const soon = 4

// patience is how many blocks at most are read serially because one after the other has to be.
const patience = 64

// A crew is the workers that read blocks.
type crew struct {
	size    int // of a block
	most    int // blocks in flight
	work    chan *block
	skip    atomic.Bool // blocks need not be read any more
	workers sync.WaitGroup
	cut     cutter

	until    int64 // the offset up to which the serial scanner reads
	patience int   // how many blocks it reads the next time, if that comes soon
	since    int   // blocks read since the last time
}

// inBlocks reports whether what follows can be read in blocks, and makes sure that there is a crew for it.
func (r *reader) inBlocks() bool {
	if r.crew != nil {
		return !r.scan.tooLong && r.scan.offset() >= r.crew.until
	}
	if !r.hasHead || r.settledHow {
		return false
	}
	r.settledHow = true
	if !r.suitsBlocks() {
		return false
	}
	r.crew = newCrew(r)
	return true
}

// suitsBlocks reports whether the file is one that workers can read, is not read in a moment anyway, and nobody asks for every cell.
func (r *reader) suitsBlocks() bool {
	soonRead := r.scan.eof && r.scan.end-r.scan.start <= r.o.blockSize()/4
	return !r.quick && r.o.Cells == nil && len(r.waiting) == 0 && !r.scan.tooLong && !soonRead && r.suitsWorkers()
}

// suitsWorkers reports whether the file's columns are all there, and none is what a worker can't tell.
func (r *reader) suitsWorkers() bool {
	if r.o.tuning.serial || !r.head.usable || !strings.ContainsRune(",;\t|", rune(r.scan.delimiter)) {
		return false
	}
	emails, ids := 0, 0
	for _, c := range r.columns {
		switch {
		case c.at < 0:
			return false
		case c.Field == roster.Email:
			emails++
			// The header that comes again has no address in this column, by which plain records are told from it.
			if strings.Contains(r.head.titles[c.at], "@") {
				return false
			}
		case c.Field == roster.UniqueID:
			ids++
		}
	}
	return emails == 1 && ids <= 1
}

func newCrew(r *reader) *crew {
	n := r.o.workers()
	c := &crew{size: r.o.blockSize(), most: n + 2, work: make(chan *block, n+2), patience: 1, since: soon + 1}
	c.cut = cutter{scan: r.scan, size: c.size}
	for range n {
		w := newWorker(r, r.o.Rows != nil, cacheBytes)
		c.workers.Go(func() {
			for b := range c.work {
				if !c.skip.Load() {
					w.read(b)
				}
				b.done <- struct{}{}
			}
		})
	}
	return c
}

// stop ends the workers. A nil crew has none.
func (c *crew) stop() {
	if c != nil {
		c.skip.Store(true)
		close(c.work)
		c.workers.Wait()
	}
}

// readBlocks reads in blocks for as long as it can, and leaves the scanner where it has to go on.
func (r *reader) readBlocks(ctx context.Context) error {
	c := r.crew
	c.cut.row, c.cut.line, c.cut.carry = r.row+1, r.scan.line, c.cut.carry[:0]
	var queue []*block
	for ended := false; ; {
		for !ended && len(queue) < c.most {
			b, err := c.cut.next()
			if err != nil {
				return err
			}
			if ended = b == nil; !ended {
				queue = append(queue, b)
				c.work <- b
			}
		}
		if len(queue) == 0 {
			r.leave(nil)
			return nil
		}
		b := queue[0]
		<-b.done
		if b.serial || r.nearLimit(b) {
			r.leave(queue)
			return nil
		}
		if err := r.merge(b); err != nil {
			return err
		}
		queue = slices.Delete(queue, 0, 1)
		c.cut.free = append(c.cut.free, b)
		c.since++
		if err := r.report(ctx); err != nil {
			return err
		}
	}
}

// nearLimit reports whether a limit of rows may end the reading within the block.
func (r *reader) nearLimit(b *block) bool {
	return r.o.MaxRows > 0 && r.summary.Rows+b.records > r.o.MaxRows || b.row+b.records > maxRow
}

// leave puts the blocks back that have been cut, the first of which has been read, and has the scanner read at least that one; where there is none, what could not be cut. Where it had to the last time
// too, it reads twice as many, so that a file of which every block is odd costs little more than to be read serially.
func (r *reader) leave(queue []*block) {
	c := r.crew
	parts := make([][]byte, 0, len(queue)+1)
	c.skip.Store(true)
	for i, b := range queue {
		if i > 0 {
			<-b.done
		}
		parts = append(parts, b.text())
	}
	c.skip.Store(false)
	last := len(queue) == 0 && (c.cut.limited || r.scan.eof)
	r.scan.putBack(append(parts, slices.Clone(c.cut.carry))...)
	from, size := r.scan.offset(), int64(len(c.cut.carry))
	if len(queue) > 0 {
		size = int64(queue[0].size)
	}
	if c.since > soon {
		c.patience = 1
	}
	c.until = from + size + int64(c.patience-1)*int64(c.size)
	if last {
		c.until = math.MaxInt64
	}
	c.patience, c.since = min(2*c.patience, r.o.patience()), 0
}

// merge takes in what a block came to.
func (r *reader) merge(b *block) error {
	r.found.take(b.kept, b.aside)
	r.summary.Rows += b.counts.Rows
	r.summary.Accepted += b.counts.Accepted
	r.summary.SetAside += b.counts.SetAside
	r.summary.Unreadable += b.counts.Unreadable
	for f, n := range b.held {
		r.held[f] += n
	}
	for person := range b.protected {
		r.protected[person] = struct{}{}
	}
	r.row, r.scan.line = b.row+b.records-1, b.line+b.lines
	if err := r.flush(); err != nil {
		return err
	}
	return r.write(b.rows.block, b.sealed)
}

// workers is how many workers there are.
func (o Options) workers() int {
	if o.Workers > 0 {
		return min(o.Workers, mostWorkers)
	}
	return min(runtime.GOMAXPROCS(0), mostWorkers)
}

func (o Options) blockSize() int {
	if o.tuning.blockSize > 0 {
		return o.tuning.blockSize
	}
	return blockSize
}

func (o Options) patience() int {
	if o.tuning.patience > 0 {
		return o.tuning.patience
	}
	return patience
}
