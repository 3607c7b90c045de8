package diff

import (
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// result orders, counts and digests the changes.
func (c *comparison) result() (*Result, error) {
	r := &Result{Unmatched: c.unmatched(), changes: c.changes}
	c.count(r)
	c.changes.keep(c.conflicted(), c.members.protectedSet())
	if err := c.digest(r); err != nil {
		return nil, err
	}
	var err error
	r.AddressesWithoutID, err = c.moved(r.Summary)
	return r, err
}

// digest reads the changes once.
func (c *comparison) digest(r *Result) error {
	s := &c.summary
	s.Epoch, s.RemovalOp, s.Rows = c.Epoch, c.removal, c.rows.taking
	s.Fields, s.Emptied = map[roster.Field]int{}, map[roster.Field]int{}
	digester := changeset.NewDigester(c.FileSHA256, c.MappingDigest)
	n := 0
	for ch, err := range c.changes.changes(allStages) {
		if n++; err == nil && n%1024 == 0 {
			err = c.ctx.Err()
		}
		if err != nil {
			return err
		}
		digester.Add(ch)
		r.Rekeys += tally(s, ch)
	}
	s.Digest = digester.Digest()
	r.Summary = *s
	return c.ctx.Err()
}

// tally counts a change, and returns 1 where it gives a person another unique ID.
func tally(s *changeset.Summary, ch changeset.Change) (rekeyed int) {
	s.Totals.Add(ch.Op)
	if ch.Removal {
		s.Removals++
	}
	if ch.Op == changeset.Create || ch.Removal {
		return 0
	}
	for _, f := range ch.Fields {
		s.Fields[f.Field]++
		if f.After == "" {
			s.Emptied[f.Field]++
		}
		if f.Field == roster.UniqueID && f.Before != "" {
			rekeyed = 1
		}
	}
	return rekeyed
}
