package intake

import (
	"regexp"
	"strconv"
	"time"

	"rollcall.internal/internal/roster"
)

var (
	looseDate   = regexp.MustCompile(`^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})$`)
	yearFirst   = regexp.MustCompile(`^(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[T ].*)?$`)
	serialValue = regexp.MustCompile(`^\d{5}(?:\.\d+)?$`)
)

const fileDate = "01/02/2006"

// parseDate reads MM/DD/YYYY, two digits each and four, into its stored form YYYY-MM-DD.
func parseDate(s string) (stored string, ok bool) {
	if len(s) != len(fileDate) || s[2] != '/' || s[5] != '/' {
		return "", false
	}
	for _, part := range []string{s[:2], s[3:5], s[6:]} {
		for i := range len(part) {
			if !isDigit(part[i]) {
				return "", false
			}
		}
	}
	if _, ok := calendarDate(s[6:], s[:2], s[3:5]); !ok {
		return "", false
	}
	return s[6:] + "-" + s[:2] + "-" + s[3:5], true
}

// reportDate says what a cell that is no date looks like. It never guesses: the value is set aside whatever it was meant to be.
func (r *reader) reportDate(f roster.Finding) {
	f.Code, f.Level = roster.DateFormat, roster.ValueAside
	if m := looseDate.FindStringSubmatch(f.Value); m != nil {
		r.reportLooseDate(f, m)
		return
	}
	if m := yearFirst.FindStringSubmatch(f.Value); m != nil {
		if date, ok := calendarDate(m[1], m[2], m[3]); ok {
			r.found.add(f, "iso", "date", date.Format(fileDate))
			return
		}
	}
	if serialValue.MatchString(f.Value) {
		days, _ := strconv.Atoi(f.Value[:5])
		// Day 1 is 1900-01-01 and the 29th of February 1900, which never was, has a number too; so the count is from two days before.
		date := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days)
		r.found.add(f, "serial", "date", date.Format(fileDate))
		return
	}
	r.found.add(f, "")
}

func (r *reader) reportLooseDate(f roster.Finding, m []string) {
	date, ok := calendarDate(m[3], m[1], m[2])
	_, swapped := calendarDate(m[3], m[2], m[1])
	strict := len(f.Value) == len(fileDate) && f.Value[2] == '/' && f.Value[5] == '/'
	switch {
	case ok:
		r.found.add(f, "digits", "date", date.Format(fileDate))
	case swapped:
		r.found.add(f, "swapped")
	case strict:
		r.found.add(f, "day")
	default:
		r.found.add(f, "")
	}
}
