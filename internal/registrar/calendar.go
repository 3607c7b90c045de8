package registrar

import (
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/tenant"
)

// calendars is a cadence as Temporal matches it against local clock time: the times are those of tenant.Upload.NextDue.
//
// Temporal knows no "last day", and skips a month that lacks the day it looks for. So the months that share a length share a calendar, which names the days that they have; February has
// two where leap years make a difference.
func calendars(u tenant.Upload) []client.ScheduleCalendarSpec {
	days := u.Days()
	months := days.Months
	if len(months) == 0 {
		for m := time.January; m <= time.December; m++ {
			months = append(months, m)
		}
	}
	base := client.ScheduleCalendarSpec{Hour: single(u.Due.Hour), Minute: single(u.Due.Minute), Comment: string(u.Cadence)}
	if len(days.Weekdays) > 0 {
		base.DayOfWeek = list(days.Weekdays)
		if len(days.Months) > 0 {
			base.Month = list(months)
		}
		return []client.ScheduleCalendarSpec{base}
	}
	var specs []client.ScheduleCalendarSpec
	for _, g := range lengths(months, days.Days) {
		spec := base
		spec.Month, spec.DayOfMonth, spec.Year = list(g.months), list(g.days), g.years
		specs = append(specs, spec)
	}
	return specs
}

// A group is months in which the same days are due.
type group struct {
	months []time.Month
	days   []int
	years  []client.ScheduleRange // none: all of them
}

// The years that Temporal's calendars end with, and years of either length.
const (
	firstYear, lastYear = 2000, 2100
	commonYear          = 2001
	leapYear            = 2000
)

// lengths groups the months by the days on which they are due.
func lengths(months []time.Month, days []int) []group {
	var groups []group
	add := func(month time.Month, days []int, years []client.ScheduleRange) {
		i := slices.IndexFunc(groups, func(g group) bool { return years == nil && g.years == nil && slices.Equal(g.days, days) })
		if i < 0 {
			groups = append(groups, group{months: []time.Month{month}, days: days, years: years})
			return
		}
		groups[i].months = append(groups[i].months, month)
	}
	for _, m := range slices.Sorted(slices.Values(months)) {
		common, leap := dueDays(days, tenant.DaysIn(commonYear, m)), dueDays(days, tenant.DaysIn(leapYear, m))
		if slices.Equal(common, leap) {
			add(m, common, nil)
			continue
		}
		add(m, common, commonYears())
		add(m, leap, []client.ScheduleRange{{Start: leapYear, End: lastYear - 4, Step: 4}}) // 2100 is none
	}
	return groups
}

// commonYears are those of 365 days: three of four, and the last, which is a whole century.
func commonYears() []client.ScheduleRange {
	years := single(lastYear)
	for first := firstYear + 1; first < firstYear+4; first++ {
		years = append(years, client.ScheduleRange{Start: first, End: lastYear - 1, Step: 4})
	}
	return years
}

// dueDays are the days that are due in a month of the given length, in order.
func dueDays(days []int, length int) []int {
	var due []int
	for _, d := range days {
		due = append(due, min(d, length))
	}
	slices.Sort(due)
	return slices.Compact(due)
}

func single(n int) []client.ScheduleRange { return []client.ScheduleRange{{Start: n}} }

// list is a range for each of the numbers.
func list[T ~int](numbers []T) []client.ScheduleRange {
	var ranges []client.ScheduleRange
	for _, n := range numbers {
		ranges = append(ranges, client.ScheduleRange{Start: int(n)})
	}
	return ranges
}
