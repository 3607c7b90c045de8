package registrar

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/tenant"
)

// cadences are uploads of every kind, with the days that are hard: the ends of months, February's above all.
func cadences() []tenant.Upload {
	var all []tenant.Upload
	for _, day := range []int{1, 4, 7} {
		all = append(all, tenant.Upload{Cadence: tenant.Weekly, Due: tenant.Due{Day: day, Hour: 4}})
	}
	for _, day := range []int{1, 28, 29, 30, 31} {
		due := tenant.Due{Day: day, Hour: 23, Minute: 59}
		all = append(all, tenant.Upload{Cadence: tenant.Monthly, Due: due}, tenant.Upload{Cadence: tenant.Quarterly, Due: due})
	}
	for _, calendar := range []tenant.Calendar{
		{Days: []int{15, tenant.LastDay}},
		{Days: []int{28, 29, 30, 31}},
		{Months: []time.Month{12, 3, 6, 9}, Days: []int{tenant.LastDay}},
		{Months: []time.Month{time.February}, Days: []int{29}},
		{Months: []time.Month{time.February, time.April}, Days: []int{30, 31}},
		{Weekdays: []time.Weekday{time.Monday, time.Thursday}},
		{Months: []time.Month{1, 7}, Weekdays: []time.Weekday{time.Sunday}},
	} {
		all = append(all, tenant.Upload{Cadence: tenant.OnCalendar, Calendar: calendar, Due: tenant.Due{Hour: 6, Minute: 30}})
	}
	return all
}

// in reports whether n is in one of the ranges, as Temporal reads them: an end of 0 is the start, a step of 0 is 1; byDefault says what no ranges at all match.
func in(ranges []client.ScheduleRange, n int, byDefault bool) bool {
	if len(ranges) == 0 {
		return byDefault
	}
	return slices.ContainsFunc(ranges, func(r client.ScheduleRange) bool {
		end, step := max(r.End, r.Start), max(r.Step, 1)
		return n >= r.Start && n <= end && (n-r.Start)%step == 0
	})
}

// matches reports whether the schedule fires at t, by looking at the local clock as a person would.
func matches(calendars []client.ScheduleCalendarSpec, zone *time.Location, t time.Time) bool {
	l := t.In(zone)
	hour, minute, second := l.Clock()
	year, month, day := l.Date()
	return slices.ContainsFunc(calendars, func(c client.ScheduleCalendarSpec) bool {
		return in(c.Minute, minute, minute == 0) && in(c.Hour, hour, hour == 0) && in(c.Second, second, second == 0) &&
			in(c.DayOfMonth, day, true) && in(c.Month, int(month), true) && in(c.Year, year, true) && in(c.DayOfWeek, int(l.Weekday()), true)
	})
}

// dues walks through the years by quarters of an hour, which is what offsets of zones are made of, and returns when the schedule fires. It knows nothing of how NextDue looks.
func dues(u tenant.Upload, zone *time.Location, from, to time.Time) []time.Time {
	specs := calendars(u)
	var all []time.Time
	for t := from; t.Before(to); t = t.Add(15 * time.Minute) {
		at := t.Add(time.Duration(u.Due.Minute%15) * time.Minute)
		if matches(specs, zone, at) {
			all = append(all, at)
		}
	}
	return all
}

// TestNextDueIsWhenTheScheduleFires compares, for every cadence in zones with all kinds of clocks, the domain's due times with those of the schedule that Temporal is given.
func TestNextDueIsWhenTheScheduleFires(t *testing.T) {
	t.Parallel()
	spans := [][2]int{{2023, 2025}, {2100, 2101}} // a leap year among them, and a century that is none
	for _, name := range []string{"UTC", "America/Toronto", "Europe/Paris", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Chatham", "America/St_Johns", "Africa/Casablanca"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range cadences() {
			u.Zone = name
			t.Run(fmt.Sprintf("%s %s %d", name, u.Cadence, i), func(t *testing.T) {
				t.Parallel()
				for _, span := range spans {
					from, to := time.Date(span[0], 1, 1, 0, 0, 0, 0, time.UTC), time.Date(span[1], 1, 1, 0, 0, 0, 0, time.UTC)
					compareDues(t, u, dues(u, zone, from, to), from, to)
				}
			})
		}
	}
}

func compareDues(t *testing.T, u tenant.Upload, want []time.Time, from, to time.Time) {
	t.Helper()
	if len(want) < to.Year()-from.Year() {
		t.Fatalf("the schedule fires only %d times from %s to %s", len(want), from, to)
	}
	at := from.Add(-time.Second)
	for i, due := range want {
		next := u.NextDue(at)
		if !next.Equal(due) {
			t.Fatalf("after %s NextDue is %s, and the schedule fires at %s", at, next, due)
		}
		if before := u.PreviousDue(next); !before.Equal(next) {
			t.Fatalf("PreviousDue(%s) = %s", next, before)
		}
		if i > 0 {
			if before := u.PreviousDue(next.Add(-time.Second)); !before.Equal(want[i-1]) {
				t.Fatalf("before %s a roster was due at %s, want %s", next, before, want[i-1])
			}
		}
		at = next
	}
	if next := u.NextDue(at); next.Before(to) {
		t.Fatalf("NextDue is %s, and the schedule does not fire then", next)
	}
}

// A changed cadence must reach Temporal: the digest of each schedule is another.
func TestScheduleDigestTellsCadencesApart(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	all := cadences()
	all = append(all, tenant.Upload{Cadence: tenant.OnCalendar, Calendar: tenant.Calendar{Days: []int{1}}, Due: tenant.Due{Hour: 6, Minute: 31}})
	for i, u := range all {
		u.Zone = "UTC"
		digest := configOf(scheduleOf(tenant.File{Tenant: "acme", Upload: u}).TypedSearchAttributes)
		if other, twice := seen[digest]; twice || digest == "" {
			t.Errorf("%+v and %+v have the digest %q", all[other], u, digest)
		}
		seen[digest] = i
	}
}
