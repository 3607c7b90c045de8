package intake

import (
	"context"
	"slices"
	"strconv"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// flush writes the rows at hand into the roster. Of a file that is refused the roster means nothing, and none are written any more.
func (r *reader) flush() error {
	if r.rows == nil || r.rows.block.Rows() == 0 {
		return nil
	}
	defer r.rows.reset()
	s := r.rows.seal(r.scratch)
	r.scratch = s.texts
	return r.write(r.rows.block, s)
}

// write writes a block of rows and keeps their claims.
func (r *reader) write(b *batch.Block, s sealed) error {
	if len(r.found.refused) > 0 {
		return nil
	}
	if !r.named {
		r.named = true
		r.out.SetReading(r.reading())
	}
	if r.o.Rows != nil {
		if err := r.o.Rows(b); err != nil {
			return err
		}
	}
	if err := r.out.WriteBlock(b); err != nil {
		return err
	}
	return r.claims.add(s)
}

// settle says what becomes of rows that share an identifier: they are set aside, and those that repeat another are left out.
func (r *reader) settle(ctx context.Context) error {
	claims, err := r.claims.shared(ctx)
	if err != nil {
		return err
	}
	dup := resolve(slices.Clone(claims))
	second := newCollector(r.o)
	var dropped []int32
	var aside []batch.Row
	for i, c := range claims {
		if i%progressRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if first, same := dup.same[c.row]; same {
			f := roster.Finding{Code: roster.RowDuplicate, Level: roster.Note, Row: c.row}
			second.add(f, "", "first", strconv.Itoa(first))
			dropped = append(dropped, int32(c.row))
		} else if r.contradicts(c, dup, second) {
			aside = append(aside, batch.Row{Number: c.row, UniqueID: c.id, Email: c.address})
		}
	}
	r.summary.Accepted -= len(dropped) + len(aside)
	r.found.merge(second)
	return r.out.Settle(dropped, aside)
}

// contradicts reports whether a row is set aside because of what others say, and why.
func (r *reader) contradicts(c claim, dup duplicates, second *collector) bool {
	byID, byEmail := dup.byID[c.row], dup.byEmail[c.row]
	if byID != nil {
		r.reportDuplicate(second, roster.DuplicateID, roster.UniqueID, c.row, c.id, byID)
	}
	if byEmail != nil {
		r.reportDuplicate(second, roster.DuplicateEmail, roster.Email, c.row, c.address, byEmail)
	}
	if c.aside || byID == nil && byEmail == nil {
		return false
	}
	r.summary.SetAside++
	r.protect(c.id, c.address)
	second.addAside(roster.AsideRow{Row: c.row, UniqueID: c.id, Email: c.address})
	return true
}

func (r *reader) reportDuplicate(c *collector, code roster.Code, field roster.Field, row int, value string, claims []claim) {
	f := roster.Finding{Code: code, Level: roster.RowAside, Row: row, Column: r.o.Mapping.Title(field), Field: field, Value: value}
	c.add(f, "", "rows", rowsOf(claims))
}
