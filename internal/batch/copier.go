package batch

import (
	"bufio"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
)

// mostCopied bounds the bytes of text in the batches that a copier has in hand, unless a single one has more.
const mostCopied = 16 << 20

// A copier gathers the batches of a copy side by side, a goroutine each, and writes them in the order in which they are sent, by a goroutine of its own. Gathering and writing take about as
// long as each other, and so each has a core.
type copier struct {
	w     *SnapshotWriter
	now   *batchCopy // that takes members; nil where none does yet
	queue chan *batchCopy
	room  room

	ended  chan struct{}
	failed atomic.Bool
	err    error // why a batch could not be written; known once failed is set, or ended is closed

	mu   sync.Mutex
	free []*batchCopy // that nobody uses: their memory is used again
}

// A batchCopy is a batch of a copy: its members first, and then what is gathered of them.
type batchCopy struct {
	cut
	gatherer
	record   arrow.Record
	gathered chan struct{} // closed once record is there
	places   int           // that it takes of the room
}

func newCopier(w *SnapshotWriter) *copier {
	c := &copier{w: w, room: newRoom(mostCopied), ended: make(chan struct{})}
	c.queue = make(chan *batchCopy, cap(c.room.places))
	go c.write()
	return c
}

// next returns the batch that takes members.
func (c *copier) next() *cut {
	if c.now == nil {
		c.now = c.take()
	}
	return &c.now.cut
}

func (c *copier) take() *batchCopy {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.free) - 1
	if last < 0 {
		return &batchCopy{}
	}
	b := c.free[last]
	c.free = c.free[:last]
	return b
}

func (c *copier) give(b *batchCopy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, b)
}

// send has the batch that took members gathered and written. It is an error where one before it could not be written.
func (c *copier) send() error {
	b := c.now
	c.now = nil
	b.places, _ = c.room.take(nil, int64(c.w.size(&b.cut))) // comes to an end: whatever happens, write gives back what is taken
	if c.failed.Load() {
		b.reset()
		return c.err
	}
	b.gathered = make(chan struct{})
	c.queue <- b
	go func() {
		defer close(b.gathered)
		b.record = b.gather(c.w, &b.cut)
		b.reset()
	}()
	return nil
}

// write writes what is sent, up to the first that can't be written.
func (c *copier) write() {
	defer close(c.ended)
	for b := range c.queue {
		<-b.gathered
		if c.err == nil {
			if c.err = c.w.writeRecord(b.record, b.body); c.err != nil {
				c.failed.Store(true)
			}
		}
		b.record.Release()
		c.room.give(b.places)
		c.give(b)
	}
}

// close writes what took members, and ends. It answers whether all was written.
func (c *copier) close() error {
	if c.now != nil {
		_ = c.send() // fails by c.err alone
	}
	close(c.queue)
	<-c.ended
	return c.err
}

// A bodyWriter is below Arrow's writer, which writes every buffer of a batch and its padding by itself.
type bodyWriter struct {
	w    *bufio.Writer
	body []byte // of the batch that comes next, as it is to be written; nil where it does not lie in one piece
	rest int    // how many bytes Arrow has still to write of a body that is written already
}

// Write implements io.Writer. Where Arrow comes to the first buffer of a body that lies in one piece, all of it is written at once and from where it lies.
func (b *bodyWriter) Write(p []byte) (int, error) {
	switch {
	case b.rest > 0:
		b.rest -= len(p)
		return len(p), nil
	case len(b.body) > 0 && len(p) > 0 && &p[0] == &b.body[0]:
		if err := b.w.Flush(); err != nil {
			return 0, err
		}
		if _, err := b.w.Write(b.body); err != nil {
			return 0, err
		}
		b.rest, b.body = len(b.body)-len(p), nil
		return len(p), nil
	}
	return b.w.Write(p)
}
