package postgres

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// fixedColumns is how many columns of snapshotColumns come before those of the fields.
const fixedColumns = 7

// snapshotColumns are what memberRows reads of a member: what a comparison needs, with the fields that are no identifiers.
func snapshotColumns(fields []roster.Field) string {
	columns := []string{"id", "version", "state", "source", "deleted_until", "unique_id", "email"}
	for _, f := range fields {
		if f != roster.UniqueID && f != roster.Email {
			columns = append(columns, fieldColumn(f))
		}
	}
	return strings.Join(columns, ", ")
}

// fieldColumn is the expression for a field's value.
func fieldColumn(f roster.Field) string {
	switch f {
	case roster.FirstName, roster.LastName, roster.Locale, roster.Status:
		return string(f)
	case roster.ProgramEligibility:
		return "eligibility"
	}
	return "profile->>'" + strings.ReplaceAll(string(f), "'", "''") + "'"
}

// memberRows gathers members, whose columns come as Postgres writes them in binary, in blocks.
type memberRows struct {
	block  *batch.MemberBlock
	others []int // which of the fields the columns after the fixed ones are
	give   func(*batch.MemberBlock) error
}

func newMemberRows(fields []roster.Field, give func(*batch.MemberBlock) error) *memberRows {
	r := &memberRows{block: batch.NewMemberBlock(len(fields)), give: give}
	for i, f := range fields {
		if f != roster.UniqueID && f != roster.Email {
			r.others = append(r.others, i)
		}
	}
	return r
}

var errMemberRow = errors.New("a member's columns are not of the types that they ought to be")

// add takes a member. A column that is null is nil. It keeps nothing of columns.
func (r *memberRows) add(columns [][]byte) error {
	if len(columns) != fixedColumns+len(r.others) || len(columns[0]) != 16 || len(columns[1]) != 8 {
		return errMemberRow
	}
	until, err := microseconds(columns[4])
	if err != nil {
		return err
	}
	b := r.block
	b.ID = append(b.ID, batch.MemberID(columns[0]))
	b.Version = append(b.Version, int64(binary.BigEndian.Uint64(columns[1])))
	b.Presence = append(b.Presence, batch.PresenceOf(stateOf(columns[2])))
	b.FromRoster = append(b.FromRoster, string(columns[3]) == string(directory.FromRoster))
	b.DeletedUntil = append(b.DeletedUntil, until)
	b.UniqueID.Append(columns[5])
	b.Email.Append(columns[6])
	for i, f := range r.others {
		b.Values[f].Append(columns[fixedColumns+i])
	}
	if b.Full() {
		return r.flush()
	}
	return nil
}

// stateOf tells apart what a presence does, and makes no text of the rest.
func stateOf(text []byte) directory.State {
	switch string(text) {
	case string(directory.Deleted):
		return directory.Deleted
	case string(directory.Deactivated):
		return directory.Deactivated
	}
	return directory.Pending
}

// microseconds reads a time, which Postgres counts from 2000 on, as one from 1970 on; 0 for none.
func microseconds(column []byte) (int64, error) {
	const between = 946_684_800_000_000
	if column == nil {
		return 0, nil
	}
	if len(column) != 8 {
		return 0, errMemberRow
	}
	t := int64(binary.BigEndian.Uint64(column))
	if t > math.MaxInt64-between { // infinity among them
		return math.MaxInt64, nil
	}
	return t + between, nil
}

// flush gives away what was gathered.
func (r *memberRows) flush() error {
	if r.block.Rows() == 0 {
		return nil
	}
	defer r.block.Reset()
	return r.give(r.block)
}
