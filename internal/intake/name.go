package intake

import (
	"strconv"
	"time"
)

// NameDate returns the date that a file's name carries as MM.DD.YYYY, at midnight UTC. It answers false where the name holds no date, an impossible one, or two
// that differ. Day and month are never swapped to make one fit.
func NameDate(name string) (time.Time, bool) {
	const length = len("01.02.2006")
	var found time.Time
	for i := 0; i+length <= len(name); i++ {
		if !looksLikeDate(name[i:i+length]) || i > 0 && isDigit(name[i-1]) || i+length < len(name) && isDigit(name[i+length]) {
			continue
		}
		date, ok := calendarDate(name[i+6:i+10], name[i:i+2], name[i+3:i+5])
		if !ok || !found.IsZero() && !date.Equal(found) {
			return time.Time{}, false
		}
		found = date
	}
	return found, !found.IsZero()
}

func looksLikeDate(s string) bool {
	for i := range len(s) {
		if dot := i == 2 || i == 5; dot != (s[i] == '.') || !dot && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// calendarDate returns the day if there is such a one within the years of dates.
func calendarDate(year, month, dayOfMonth string) (time.Time, bool) {
	y, errY := strconv.Atoi(year)
	m, errM := strconv.Atoi(month)
	d, errD := strconv.Atoi(dayOfMonth)
	if errY != nil || errM != nil || errD != nil || y < firstYear || y > lastYear || m < 1 || m > 12 {
		return time.Time{}, false
	}
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return date, date.Day() == d
}
