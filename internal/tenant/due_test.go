package tenant

import (
	"testing"
	"time"
)

func TestNextDue(t *testing.T) {
	t.Parallel()
	monthly := Upload{Cadence: Monthly, Due: Due{Day: 1, Hour: 6}, Zone: "America/Toronto"}
	weekly := Upload{Cadence: Weekly, Due: Due{Day: 7, Hour: 22, Minute: 30}, Zone: "Europe/Paris"}
	quarterly := Upload{Cadence: Quarterly, Due: Due{Day: 28, Hour: 4}, Zone: "Asia/Tokyo"}
	last := Upload{Cadence: Monthly, Due: Due{Day: LastDay, Hour: 6}, Zone: "America/Toronto"}
	ends := Upload{Cadence: OnCalendar, Calendar: Calendar{Months: []time.Month{2, 3}, Days: []int{15, 30}}, Due: Due{Hour: 4}, Zone: "Europe/Paris"}
	twice := Upload{Cadence: OnCalendar, Calendar: Calendar{Weekdays: []time.Weekday{time.Monday, time.Thursday}}, Due: Due{Hour: 23}, Zone: "Pacific/Apia"}
	for _, test := range []struct {
		name        string
		upload      Upload
		after, want string
	}{
		{"monthly in winter", monthly, "2026-11-22T12:00:00Z", "2026-12-01T11:00:00Z"},
		{"monthly in summer", monthly, "2026-06-22T12:00:00Z", "2026-07-01T10:00:00Z"},
		{"monthly, on the day before the hour", monthly, "2026-12-01T10:59:59Z", "2026-12-01T11:00:00Z"},
		{"monthly, at the hour", monthly, "2026-12-01T11:00:00Z", "2027-01-01T11:00:00Z"},
		{"Sunday is day 7", weekly, "2026-11-22T21:00:00Z", "2026-11-22T21:30:00Z"},
		{"the week after, across the change of clocks", weekly, "2026-10-24T12:00:00Z", "2026-10-25T21:30:00Z"},
		{"quarterly", quarterly, "2026-02-01T00:00:00Z", "2026-04-27T19:00:00Z"},
		{"the last day of a long month", last, "2026-10-30T12:00:00Z", "2026-10-31T10:00:00Z"},
		{"the last day of a short month", last, "2026-10-31T10:00:00Z", "2026-11-30T11:00:00Z"},
		{"the last day of February", last, "2027-02-01T00:00:00Z", "2027-02-28T11:00:00Z"},
		{"the last day of a leap February", last, "2028-02-28T12:00:00Z", "2028-02-29T11:00:00Z"},
		{"a day that February lacks", ends, "2027-02-20T00:00:00Z", "2027-02-28T03:00:00Z"},
		{"the same day in March, in summer time", ends, "2027-03-20T00:00:00Z", "2027-03-30T02:00:00Z"},
		{"eleven months on", ends, "2027-03-30T02:00:00Z", "2028-02-15T03:00:00Z"},
		{"days of the week, a day ahead of the world", twice, "2026-11-22T12:00:00Z", "2026-11-23T10:00:00Z"},
		{"quarterly over the year's end", quarterly, "2026-10-28T19:00:00Z", "2027-01-27T19:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			after, err := time.Parse(time.RFC3339, test.after)
			if err != nil {
				t.Fatal(err)
			}
			next := test.upload.NextDue(after)
			if got := next.Format(time.RFC3339); got != test.want {
				t.Errorf("NextDue(%s) = %s, want %s", test.after, got, test.want)
			}
			if got := test.upload.PreviousDue(next); !got.Equal(next) {
				t.Errorf("PreviousDue at the hour = %s, want %s", got, next)
			}
			before := test.upload.PreviousDue(next.Add(-time.Nanosecond))
			if before.After(after) || !test.upload.NextDue(before).Equal(next) {
				t.Errorf("before %s a roster was due at %s, and after that at %s", next, before, test.upload.NextDue(before))
			}
		})
	}
}

// A day that clocks leave out has no due time: Samoa had no 30 December 2011.
func TestNextDueLeavesOutWhatClocksLeaveOut(t *testing.T) {
	t.Parallel()
	u := Upload{Cadence: Monthly, Due: Due{Day: 30, Hour: 6}, Zone: "Pacific/Apia"}
	after := time.Date(2011, 12, 1, 0, 0, 0, 0, time.UTC)
	if got, want := u.NextDue(after).Format(time.RFC3339), "2012-01-29T16:00:00Z"; got != want {
		t.Errorf("NextDue = %s, want %s", got, want)
	}
}
