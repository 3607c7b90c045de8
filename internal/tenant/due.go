package tenant

import "time"

// Location returns the upload's time zone; UTC where the zone is not known to this machine, which validation rules out.
func (u Upload) Location() *time.Location {
	if loc, err := time.LoadLocation(u.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// longestGap is more days than lie between two dues of any cadence: a calendar may name one month alone.
const longestGap = 400

// NextDue returns the first instant after t at which a roster is due. Due times are local clock times, and exactly those at which the tenant's schedule fires: a time
// that a change of clocks leaves out is not due. Validation keeps due times out of the hours in which almost every zone changes its clocks.
func (u Upload) NextDue(t time.Time) time.Time {
	return u.search(t, -1, 1, func(at time.Time) bool { return at.After(t) })
}

// PreviousDue returns the last instant at or before t at which a roster was due, so that t lies between it and NextDue(t).
func (u Upload) PreviousDue(t time.Time) time.Time {
	return u.search(t, 1, -1, func(at time.Time) bool { return !at.After(t) })
}

// search returns the first due instant that is wanted, going in steps of days from the day of t and some more: clocks that are put back over midnight make a day come twice.
func (u Upload) search(t time.Time, from, step int, wanted func(time.Time) bool) time.Time {
	zone, days := u.Location(), u.Days()
	year, month, day := t.In(zone).Date()
	for i := range longestGap {
		civil := time.Date(year, month, day+from+i*step, 0, 0, 0, 0, time.UTC)
		if !days.Has(civil.Date()) {
			continue
		}
		at := time.Date(civil.Year(), civil.Month(), civil.Day(), u.Due.Hour, u.Due.Minute, 0, 0, zone)
		there := at.Day() == civil.Day() && at.Hour() == u.Due.Hour && at.Minute() == u.Due.Minute
		if there && wanted(at) {
			return at.UTC()
		}
	}
	return time.Time{} // unreachable: every valid cadence is due within a year
}
