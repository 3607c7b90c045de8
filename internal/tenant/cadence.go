package tenant

import (
	"slices"
	"time"
)

// A Cadence says how often a roster is due.
type Cadence string

// The cadences.
const (
	Weekly    Cadence = "weekly"
	Monthly   Cadence = "monthly"
	Quarterly Cadence = "quarterly"
	// OnCalendar is due on the days of [Upload.Calendar].
	OnCalendar Cadence = "calendar"
)

// Valid reports whether c is one of the cadences above.
func (c Cadence) Valid() bool {
	return c == Weekly || c == Monthly || c == Quarterly || c == OnCalendar
}

// LastDay is a month's last day, written "last" in a tenant's file. No month has a 32nd, and a month that lacks a day is due on its last day, so
// that the 31st says it.
const LastDay = 31

// A Due is the local time at which a roster is due.
type Due struct {
	// Day is the day of the week for a weekly cadence (1 is Monday, 7 Sunday), and the day of the month for monthly and quarterly ones (1 to 31); a month that lacks the
	// day is due on its last. It is 0 for a calendar, which names its days. Quarterly files are due in January, April, July and October.
	Day          int
	Hour, Minute int // local; 00:00 to 03:59 is refused, because clocks change there
}

// A Calendar is a set of days. It names days of the month or days of the week, never both.
type Calendar struct {
	Months   []time.Month   // none: all of them
	Days     []int          // of the month, 1 to 31; a month that lacks one is due on its last day
	Weekdays []time.Weekday // of the week
}

// Has reports whether the day is one of c's.
func (c Calendar) Has(year int, month time.Month, day int) bool {
	if len(c.Months) > 0 && !slices.Contains(c.Months, month) {
		return false
	}
	if len(c.Weekdays) > 0 {
		return slices.Contains(c.Weekdays, time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday())
	}
	last := DaysIn(year, month)
	return slices.ContainsFunc(c.Days, func(d int) bool { return min(d, last) == day })
}

// DaysIn returns how many days the month has.
func DaysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day() // the day before the next month's first
}

// Days returns the days on which a roster is due, whichever way the file says it.
func (u Upload) Days() Calendar {
	switch u.Cadence {
	case Weekly:
		return Calendar{Weekdays: []time.Weekday{time.Weekday(u.Due.Day % 7)}}
	case Quarterly:
		return Calendar{Months: []time.Month{time.January, time.April, time.July, time.October}, Days: []int{u.Due.Day}}
	case OnCalendar:
		return u.Calendar
	}
	return Calendar{Days: []int{u.Due.Day}}
}
