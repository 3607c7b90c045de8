package batch

import (
	"context"
	"iter"
)

// mostAhead bounds the bytes of the batches that are read ahead, unless a single one has more.
const mostAhead = 8 << 20

// All yields the batches in their order. A few are read ahead, side by side. Each is released behind whoever took it, unless that retains it. The loop ends at the first error; nothing
// reads any more once it has ended.
func (s *Snapshot) All(ctx context.Context) iter.Seq2[*Members, error] {
	return func(yield func(*Members, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		r := readAhead{snapshot: s, room: newRoom(mostAhead), queue: make(chan chan membersRead)}
		go r.read(ctx)
		defer func() {
			stop()
			for one := range r.queue {
				if got := <-one; got.err == nil {
					got.members.Release()
				}
			}
		}()
		for one := range r.queue {
			got := <-one
			r.room.give(got.places)
			if got.err != nil {
				yield(nil, got.err)
				return
			}
			if ctx.Err() != nil {
				got.members.Release()
				break
			}
			more := yield(got.members, nil)
			if got.members.Release(); !more {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// A readAhead reads batches, a goroutine each.
type readAhead struct {
	snapshot *Snapshot
	room     room
	queue    chan chan membersRead // of the batches in their order
}

// membersRead is a batch that was read, or why it was not.
type membersRead struct {
	members *Members
	places  int // that it took of the room
	err     error
}

func (r *readAhead) read(ctx context.Context) {
	defer close(r.queue)
	for i, b := range r.snapshot.bodies.blocks {
		places, ok := r.room.take(ctx.Done(), b.body)
		if !ok {
			return
		}
		one := make(chan membersRead, 1)
		go func() {
			members, err := r.snapshot.Members(i)
			one <- membersRead{members, places, err}
		}()
		r.queue <- one
	}
}
