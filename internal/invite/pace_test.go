package invite

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func toronto(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestNextDue(t *testing.T) {
	t.Parallel()
	zone := toronto(t)
	day, night := Policy{From: 8, To: 18, Zone: zone}, Policy{From: 20, To: 6, Zone: zone}
	gap := Policy{From: 2, To: 3, Zone: zone} // 02:00 does not exist on 2026-03-08
	cases := []struct {
		name      string
		policy    Policy
		now, want string
	}{
		{"without hours", Policy{}, "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z"},
		{"equal hours", Policy{From: 9, To: 9, Zone: zone}, "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z"},
		{"open", day, "2026-12-01T08:00:00-05:00", "2026-12-01T08:00:00-05:00"},
		{"just before closing", day, "2026-12-01T17:59:59-05:00", "2026-12-01T17:59:59-05:00"},
		{"at closing", day, "2026-12-01T18:00:00-05:00", "2026-12-02T08:00:00-05:00"},
		{"early", day, "2026-12-01T03:00:00-05:00", "2026-12-01T08:00:00-05:00"},
		{"over a change of clocks", day, "2026-03-07T20:00:00-05:00", "2026-03-08T08:00:00-04:00"},
		{"over midnight, open", night, "2026-12-01T23:00:00-05:00", "2026-12-01T23:00:00-05:00"},
		{"over midnight, closed", night, "2026-12-01T12:00:00-05:00", "2026-12-01T20:00:00-05:00"},
		{"an hour that one day lacks", gap, "2026-03-08T00:30:00-05:00", "2026-03-09T02:00:00-04:00"},
	}
	for _, c := range cases {
		now, want := instant(t, c.now), instant(t, c.want)
		if got := c.policy.NextDue(now); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", c.name, got.In(zone), want.In(zone))
		}
	}
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestBatchKeepsThePace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		perHour, size int
		every         time.Duration
	}{{0, 0, 0}, {1, 1, time.Hour}, {7, 1, time.Hour / 7}, {15, 2, 8 * time.Minute}, {1000, 100, 6 * time.Minute}} {
		size, every := Policy{PerHour: c.perHour}.Batch()
		if size != c.size || every != c.every {
			t.Errorf("%d an hour: %d every %v, want %d every %v", c.perHour, size, every, c.size, c.every)
		}
	}
}

// Slots lie within the hours and at least a batch's distance apart, wherever they start.
func TestSlots(t *testing.T) {
	t.Parallel()
	zone := toronto(t)
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{
			PerHour: rapid.IntRange(0, 5000).Draw(t, "pace"), Zone: zone,
			From: rapid.IntRange(0, 23).Draw(t, "from"), To: rapid.IntRange(0, 24).Draw(t, "to"),
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		last := time.Unix(rapid.Int64Range(1767225600, 1830297600).Draw(t, "last"), 0)
		_, every := p.Batch()
		for _, slot := range p.Slots(last) {
			if slot.Before(last.Add(every)) || !p.NextDue(slot).Equal(slot) {
				t.Fatalf("slot %v after %v with %+v", slot, last, p)
			}
			last = slot
		}
	})
}
