package approval

import (
	"time"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// A Reading is what reading the file came to, as the checks need it.
type Reading struct {
	Rows, SetAside, Unreadable int // see roster.Summary
	Held, ValuesAside          map[roster.Field]int
	// Date is the date that the file's name carries, the zero time where it has none.
	Date time.Time
}

// ReadingOf returns the reading that a summary tells of. Date is that of the file's name.
func ReadingOf(s roster.Summary, date time.Time) Reading {
	return Reading{Rows: s.Rows, SetAside: s.SetAside, Unreadable: s.Unreadable, Held: s.Held, ValuesAside: s.ValuesAside, Date: date}
}

// A Plan is what comparing the roster with the directory came to, see diff.Result.
type Plan struct {
	Summary                                          changeset.Summary
	Unmatched, Protected, Rekeys, AddressesWithoutID int
}

// A Last is what the file is held against: the last import that was applied, or what stands for it. The zero Last says that there was none.
type Last struct {
	Found          bool
	Rows           int
	MappingChanged bool
	Date           time.Time // as in Reading
}

// Gather returns the facts that the checks look at.
func Gather(read Reading, plan Plan, last Last, m mapping.Mapping) Facts {
	unknown := 0
	for _, n := range read.Held {
		unknown += n
	}
	return Facts{
		Summary: plan.Summary, SetAside: read.SetAside, Rows: read.Rows,
		// A row can count on both sides, so the number of rows set aside bounds the sum.
		Unreadable:    min(read.Unreadable+plan.Unmatched, read.SetAside),
		UnknownValues: unknown, ValuesAside: read.ValuesAside, LastRows: last.Rows, First: !last.Found, MappingChanged: last.Found && last.MappingChanged,
		OlderFile: last.Found && !read.Date.IsZero() && !last.Date.IsZero() && read.Date.Before(last.Date),
		Protected: plan.Protected, Rekeys: plan.Rekeys, AddressesWithoutID: plan.AddressesWithoutID, Mapping: m,
	}
}
