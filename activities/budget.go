package activities

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// A Budget is the memory that reading and comparing share, whichever imports they are of. An activity takes its part and waits where others have too much of it, so that twenty large files at once
// take no more than two.
type Budget struct {
	free *semaphore.Weighted
	size int64
}

// NewBudget returns a budget of so many bytes.
func NewBudget(bytes int64) *Budget { return &Budget{free: semaphore.NewWeighted(bytes), size: bytes} }

// The parts, from what reading and comparing were seen to take: a floor for what does not depend on the file, and bytes a person.
const (
	partFloor        = 16 << 20
	readingAPerson   = 24
	comparingAPerson = 80
	// bytesAPerson is about what a line of a file takes, to guess from a file's size how many people it has.
	bytesAPerson = 150
)

// take waits for the part of an activity about so many people, or for half of all there is where they need more, so that one huge file does not keep all others waiting: what goes beyond it is kept in files.
// The part is given back by release.
func (b *Budget) take(ctx context.Context, people, aPerson int64) (part int64, release func(), err error) {
	part = min(partFloor+people*aPerson, max(b.size/2, partFloor))
	if err := b.free.Acquire(ctx, part); err != nil {
		return 0, nil, err
	}
	return part, func() { b.free.Release(part) }, nil
}
