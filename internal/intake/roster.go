package intake

import (
	"context"
	"iter"
	"strconv"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// writeRoster is the second pass: it sets rows aside that share an identifier, leaves out those that repeat another, and writes the rest.
func (r *reader) writeRoster(ctx context.Context, out *batch.RosterWriter) error {
	rows, err := r.spool.all()
	if err != nil {
		return err
	}
	dup, err := r.duplicates(rows)
	if err != nil {
		return err
	}
	second := newCollector(r.o)
	for row, err := range rows {
		if err != nil {
			return err
		}
		if row.Number%progressRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if row.Number < 0 {
			row.Number = -row.Number
		} else if r.settle(&row, dup, second); row.Number == 0 {
			continue
		}
		if err := out.Add(row); err != nil {
			return err
		}
	}
	r.found.merge(second)
	return nil
}

// duplicates compares the rows that seem to share an identifier.
func (r *reader) duplicates(rows iter.Seq2[batch.Row, error]) (duplicates, error) {
	suspects := r.keys.suspects()
	if len(suspects) == 0 {
		return duplicates{}, nil
	}
	var claims []claim
	for row, err := range rows {
		if err != nil {
			return duplicates{}, err
		}
		if !suspects[row.Number] {
			continue
		}
		c := claim{row: row.Number, id: row.UniqueID, address: row.Email, aside: row.Aside}
		if c.content = content(row); row.Aside {
			c.content = r.keys.asideContent(row.Number)
		}
		claims = append(claims, c)
	}
	return resolve(claims), nil
}

// settle says what becomes of a row of the first pass. A row that is left out gets the number 0.
func (r *reader) settle(row *batch.Row, dup duplicates, second *collector) {
	if first, same := dup.same[row.Number]; same {
		f := roster.Finding{Code: roster.RowDuplicate, Level: roster.Note, Row: row.Number}
		second.add(f, "", "first", strconv.Itoa(first))
		row.Number = 0
		return
	}
	byID, byEmail := dup.byID[row.Number], dup.byEmail[row.Number]
	if byID != nil {
		r.reportDuplicate(second, roster.DuplicateID, roster.UniqueID, row.Number, row.UniqueID, byID)
	}
	if byEmail != nil {
		r.reportDuplicate(second, roster.DuplicateEmail, roster.Email, row.Number, row.Email, byEmail)
	}
	switch {
	case row.Aside:
	case byID != nil || byEmail != nil:
		r.summary.SetAside++
		r.protect(row.UniqueID, row.Email)
		second.addAside(roster.AsideRow{Row: row.Number, UniqueID: row.UniqueID, Email: row.Email})
		row.Aside, row.Cells = true, nil
	default:
		r.summary.Accepted++
	}
}

func (r *reader) reportDuplicate(c *collector, code roster.Code, field roster.Field, row int, value string, claims []claim) {
	f := roster.Finding{Code: code, Level: roster.RowAside, Row: row, Column: r.o.Mapping.Title(field), Field: field, Value: value}
	c.add(f, "", "rows", rowsOf(claims))
}
