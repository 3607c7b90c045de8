package diff

import (
	"math/bits"

	"rollcall.internal/internal/roster"
)

// A keyFilter tells of nearly all keys which nobody asks for that it is so. It has a bit for each key, by the key's low bits.
type keyFilter struct {
	bits placeSet
	mask uint64
}

// newKeyFilter returns a filter for so many keys of at most so many bytes: with fewer bits than there are keys it tells little, and nothing wrong.
func newKeyFilter(keys int, most int64) keyFilter {
	const bitsPerKey = 24 // and half of them once it is rounded down to a power of two
	n := 1 << (bits.Len(uint(max(min(int64(keys)*bitsPerKey, most*8), 64))) - 1)
	return keyFilter{newPlaceSet(n), uint64(n - 1)}
}

func (f *keyFilter) add(key uint64)      { f.bits.setShared(int(key & f.mask)) }
func (f *keyFilter) has(key uint64) bool { return f.bits.has(int(key & f.mask)) }

// asks reports whether it has to be looked up whom a row names by the key that was not joined first.
func (s *rowSide) asks(place int, byID bool) bool {
	if byID {
		return s.state[place]&(rowDropped|rowHasID) == rowHasID
	}
	return s.state[place]&(rowDropped|rowBlank) == 0 && s.holder[place] == none
}

// joinOthers joins the rows that the first join left something to ask for by the other key.
func (c *comparison) joinOthers(file *spillFile, byID bool) error {
	asking := 0
	for place := range c.rows.state {
		if c.rows.asks(place, byID) {
			asking++
		}
	}
	if asking == 0 || len(c.members.flags) == 0 {
		return nil
	}
	budget := c.Memory / 3
	filter := newKeyFilter(asking, budget/8)
	j := newJoin(file, c.Workers, budget-budget/8, byID, slimRecord)
	if err := c.loadAsking(j, &filter); err != nil {
		return err
	}
	if err := c.loadAsked(j, &filter); err != nil {
		return err
	}
	return c.join(j)
}

// loadAsking reads the keys of the rows that ask.
func (c *comparison) loadAsking(j *join, filter *keyFilter) error {
	sinks, readers := j.sinks(j.rows, c.Workers), c.rowReaders()
	err := each(c.ctx, c.Workers, len(c.rows.batches), func(w, i int) error {
		start, r := c.rows.batches[i].start, readers[w]
		if !r.want(c.rows.batches[i].rows, func(k int) bool { return c.rows.asks(start+k, j.byID) }) {
			return nil
		}
		b, err := c.Roster.Batch(i)
		if err != nil {
			return err
		}
		defer b.Release()
		return r.keys(b, func(k int, keys *personKeys) error {
			filter.add(keys.of(j.byID))
			return sinks[w].add(keys, start+k)
		})
	})
	return finish(err, sinks)
}

// loadAsked reads the keys of the members whom a row may ask for.
func (c *comparison) loadAsked(j *join, filter *keyFilter) error {
	sinks := j.sinks(j.members, c.Workers)
	var texts []roster.Field
	if c.members.rekeyed {
		texts = []roster.Field{roster.UniqueID, roster.Email}
	}
	err := each(c.ctx, c.Workers, len(c.members.batches), func(w, i int) error {
		b, err := c.Directory.Keys(i, texts...)
		if err != nil {
			return err
		}
		defer b.Release()
		for k := range b.Rows() {
			keys := c.memberKeys(b, k)
			if !filter.has(keys.of(j.byID)) {
				continue
			}
			if err := sinks[w].add(&keys, c.members.batches[i].start+k); err != nil {
				return err
			}
		}
		return nil
	})
	return finish(err, sinks)
}
