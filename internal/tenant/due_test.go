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
		{"quarterly over the year's end", quarterly, "2026-10-28T19:00:00Z", "2027-01-27T19:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			after, err := time.Parse(time.RFC3339, test.after)
			if err != nil {
				t.Fatal(err)
			}
			if got := test.upload.NextDue(after).Format(time.RFC3339); got != test.want {
				t.Errorf("NextDue(%s) = %s, want %s", test.after, got, test.want)
			}
		})
	}
}
