package tenant

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func (v *validator) cadence(u Upload) {
	const path = "upload.cadence.calendar"
	c := u.Calendar
	switch {
	case !u.Cadence.Valid():
		v.unclear("upload.cadence", "%q is not a cadence: use weekly, monthly or quarterly, or calendar: {days: [1, 15]}", u.Cadence)
	case u.Cadence != OnCalendar:
	case len(c.Days) == 0 && len(c.Weekdays) == 0:
		v.unclear(path, "names no day: list days of the month as days, or weekdays")
	case len(c.Days) > 0 && len(c.Weekdays) > 0:
		v.add(path, "names days of the month and weekdays: use one of them")
	}
	for i, month := range c.Months {
		v.listed(path+".months", i, month >= time.January && month <= time.December, slices.Index(c.Months, month), "a month from 1 to 12")
	}
	for i, day := range c.Days {
		v.listed(path+".days", i, day >= 1 && day <= LastDay, slices.Index(c.Days, day), "a day of the month from 1 to 31, or last")
	}
	for i, day := range c.Weekdays {
		v.listed(path+".weekdays", i, day >= time.Sunday && day <= time.Saturday, slices.Index(c.Weekdays, day), "a day of the week such as monday")
	}
}

// listed adds a problem where the element i of a list is not valid, or stands in it before, at first.
func (v *validator) listed(path string, i int, valid bool, first int, what string) {
	path = fmt.Sprintf("%s[%d]", path, i)
	switch {
	case !valid:
		v.unclear(path, "must be %s", what)
	case first < i:
		v.add(path, "is listed twice")
	}
}

func (v *validator) due(u Upload) {
	last, what := LastDay, "a day of the month from 1 to 31, or last; a month that lacks the day is due on its last"
	if u.Cadence == Weekly {
		last, what = 7, "a day of the week from 1 (Monday) to 7 (Sunday)"
	}
	switch {
	case u.Cadence == OnCalendar && u.Due.Day != 0:
		v.add("upload.due.day", "the calendar names the days: leave this out")
	case u.Cadence == OnCalendar:
	case u.Due.Day == 0:
		v.unclear("upload.due.day", "is required: %s", what)
	case u.Due.Day < 1 || u.Due.Day > last:
		v.unclear("upload.due.day", "must be %s", what)
	}
	switch {
	case u.Due.Hour < 0 || u.Due.Hour > 23 || u.Due.Minute < 0 || u.Due.Minute > 59:
		v.add("upload.due.time", `must be a time such as "06:00"`)
	case u.Due.Hour < 4:
		v.add("upload.due.time", "must not lie between 00:00 and 03:59: clocks change there, and the hour may come twice or never")
	}
}

// ParseWeekday returns the day of the week that s names in English and in lower case.
func ParseWeekday(s string) (time.Weekday, error) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if s == strings.ToLower(day.String()) {
			return day, nil
		}
	}
	return 0, fmt.Errorf("%q is not a day of the week: use monday, tuesday, wednesday, thursday, friday, saturday or sunday", s)
}
