package tenant

import "time"

// Location returns the upload's time zone; UTC where the zone is not known to this machine, which validation rules out.
func (u Upload) Location() *time.Location {
	if loc, err := time.LoadLocation(u.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// NextDue returns the first instant after t at which a roster is due. Due times are local clock times; validation keeps them out of the hours in which clocks
// change, so each exists exactly once.
func (u Upload) NextDue(t time.Time) time.Time {
	local := t.In(u.Location())
	for day := range 400 {
		at := time.Date(local.Year(), local.Month(), local.Day()+day, u.Due.Hour, u.Due.Minute, 0, 0, local.Location())
		if u.isDue(at) && at.After(t) {
			return at.UTC()
		}
	}
	return time.Time{} // unreachable: every cadence is due within a year
}

// isDue reports whether at falls on a day of the cadence.
func (u Upload) isDue(at time.Time) bool {
	switch u.Cadence {
	case Weekly:
		return int(at.Weekday()) == u.Due.Day%7
	case Quarterly:
		return at.Day() == u.Due.Day && (at.Month()-1)%3 == 0
	}
	return at.Day() == u.Due.Day
}
