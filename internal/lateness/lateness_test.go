package lateness_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/tenant"
)

func monthly(day int) tenant.Upload {
	return tenant.Upload{
		Cadence: tenant.Monthly, Due: tenant.Due{Day: day, Hour: 6}, Zone: "America/Toronto", Grace: 24 * time.Hour,
	}
}

// at reads a time in Toronto.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	got, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return got.UTC()
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	weekly := monthly(1)
	weekly.Cadence = tenant.Weekly // Mondays
	daily := monthly(0)
	daily.Cadence, daily.Calendar = tenant.OnCalendar, tenant.Calendar{Weekdays: []time.Weekday{1, 2, 3, 4, 5}}
	quarterly := monthly(1)
	quarterly.Cadence = tenant.Quarterly
	long := monthly(1)
	long.Grace = 28 * 24 * time.Hour
	cases := []struct {
		name            string
		upload          tenant.Upload
		now             string
		due, from, next string
	}{
		{"its grace is over", monthly(1), "2026-12-02 06:00", "2026-12-01 06:00", "2026-11-16 06:00", "2027-01-01 06:00"},
		{"its grace is not over", monthly(1), "2026-12-02 05:59", "2026-11-01 06:00", "2026-10-16 18:30", "2026-12-01 06:00"},
		{"the last day of February", monthly(tenant.LastDay), "2026-03-02 12:00", "2026-02-28 06:00", "2026-02-14 06:00", "2026-03-31 06:00"},
		{"clocks went forward", weekly, "2026-03-11 12:00", "2026-03-09 06:00", "2026-03-05 17:30", "2026-03-16 06:00"},
		{"clocks went back", weekly, "2026-11-04 12:00", "2026-11-02 06:00", "2026-10-29 18:30", "2026-11-09 06:00"},
		{"workdays, with a grace that lasts until the next", daily, "2026-12-04 07:00", "2026-12-03 06:00", "2026-12-02 18:00", "2026-12-04 06:00"},
		{"workdays, over the weekend", daily, "2026-12-07 05:00", "2026-12-04 06:00", "2026-12-03 18:00", "2026-12-07 06:00"},
		{"quarterly", quarterly, "2026-12-04 07:00", "2026-10-01 06:00", "2026-08-16 06:00", "2027-01-01 06:00"},
		{"a grace of nearly a month", long, "2026-12-28 12:00", "2026-11-01 06:00", "2026-10-16 18:30", "2026-12-01 06:00"},
	}
	for _, c := range cases {
		got, ok := lateness.At(c.upload, at(t, c.now))
		want := lateness.Period{Due: at(t, c.due), From: at(t, c.from), Next: at(t, c.next)}
		// Midpoints of periods in which clocks change are half hours.
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %t (-want +got):\n%s", c.name, ok, diff)
		}
	}
	if _, ok := lateness.At(tenant.Upload{Cadence: tenant.OnCalendar, Zone: "UTC"}, at(t, "2026-12-01 00:00")); ok {
		t.Error("a calendar without days has a period")
	}
}

// upAlways is a server that was seen from long ago until now.
func upAlways(now time.Time) []lateness.Span {
	return []lateness.Span{{From: now.AddDate(-1, 0, 0), To: now}}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	due := at(t, "2026-12-01 06:00")
	graceOver, secondOver, nextPeriod := at(t, "2026-12-02 06:00"), at(t, "2026-12-03 06:00"), at(t, "2027-01-02 06:00")
	early := graceOver.Add(-time.Hour)
	type span = lateness.Span
	cases := []struct {
		name  string
		now   time.Time
		given func(f *lateness.Facts)
		want  lateness.Decision
	}{
		{"nothing came", graceOver, nil, lateness.Decision{Late: true, Next: secondOver}},
		{"IT was told", secondOver.Add(-time.Second), func(f *lateness.Facts) { f.Last = lateness.Round{Due: due, LateAt: graceOver} }, lateness.Decision{Next: secondOver}},
		{"the second grace is over", secondOver, func(f *lateness.Facts) { f.Last = lateness.Round{Due: due, LateAt: graceOver} },
			lateness.Decision{StillLate: true, ToldAt: graceOver, Next: nextPeriod}},
		{"both graces are over and nobody was told", secondOver, nil, lateness.Decision{Late: true, StillLate: true, ToldAt: secondOver, Next: nextPeriod}},
		{"both were told", secondOver.Add(time.Hour), func(f *lateness.Facts) {
			f.Last = lateness.Round{Due: due, LateAt: graceOver, StillLateAt: secondOver}
		}, lateness.Decision{Next: nextPeriod}},
		{"it came in time", graceOver, func(f *lateness.Facts) { f.Accepted = due.Add(-time.Hour) }, lateness.Decision{Next: nextPeriod}},
		{"it came days before", graceOver, func(f *lateness.Facts) { f.Accepted = due.AddDate(0, 0, -14) }, lateness.Decision{Next: nextPeriod}},
		{"that was the file of the month before", graceOver, func(f *lateness.Facts) { f.Accepted = due.AddDate(0, 0, -20) }, lateness.Decision{Late: true, Next: secondOver}},
		{"it came late, and IT had been told", graceOver.Add(2 * time.Hour), func(f *lateness.Facts) {
			f.Accepted, f.Last = graceOver.Add(time.Hour), lateness.Round{Due: due, LateAt: graceOver}
		}, lateness.Decision{Arrived: due, Next: nextPeriod}},
		{"that was told", graceOver.Add(2 * time.Hour), func(f *lateness.Facts) {
			f.Accepted, f.Last = graceOver.Add(time.Hour), lateness.Round{Due: due, LateAt: graceOver, ArrivedAt: graceOver.Add(time.Hour)}
		}, lateness.Decision{Next: nextPeriod}},
		{"the file of the month before came at last", graceOver, func(f *lateness.Facts) {
			f.Accepted, f.Last = due.AddDate(0, 0, -20), lateness.Round{Due: due.AddDate(0, -1, 0), LateAt: due.AddDate(0, 0, -29)}
		}, lateness.Decision{Arrived: due.AddDate(0, -1, 0), Next: graceOver}},
		{"the month before never came", graceOver, func(f *lateness.Facts) {
			f.Last = lateness.Round{Due: due.AddDate(0, -1, 0), LateAt: due.AddDate(0, 0, -29)}
		}, lateness.Decision{Late: true, Next: secondOver}},
		{"it lies with us, unread", graceOver, func(f *lateness.Facts) { f.Pending = true }, lateness.Decision{Next: graceOver.Add(5 * time.Minute)}},

		{"being set up", graceOver, func(f *lateness.Facts) { f.State = tenant.SettingUp }, lateness.Decision{}},
		{"paused", graceOver, func(f *lateness.Facts) { f.State = tenant.Paused }, lateness.Decision{}},
		{"activated after it was due", graceOver, func(f *lateness.Facts) { f.ActivatedAt, f.ActiveSince = due.Add(time.Minute), due.Add(time.Minute) }, lateness.Decision{Next: nextPeriod}},
		{"activated before it was due", graceOver, func(f *lateness.Facts) { f.ActivatedAt, f.ActiveSince = due, due }, lateness.Decision{Late: true, Next: secondOver}},
		{"not due by what was agreed then", graceOver, func(f *lateness.Facts) { f.Agreed = false }, lateness.Decision{Next: nextPeriod}},
		{"resumed after it was due", graceOver, func(f *lateness.Facts) { f.ActiveSince = due.Add(20 * time.Hour) }, lateness.Decision{Next: due.Add(44 * time.Hour)}},
		{"resumed, and the grace anew is over", due.Add(44 * time.Hour), func(f *lateness.Facts) { f.ActiveSince = due.Add(20 * time.Hour) },
			lateness.Decision{Late: true, Next: due.Add(68 * time.Hour)}},

		{"our server was never seen", graceOver, func(f *lateness.Facts) { f.Up = nil }, lateness.Decision{Next: graceOver.Add(5 * time.Minute)}},
		{"our server is away", graceOver, func(f *lateness.Facts) { f.Up[0].To = graceOver.Add(-61 * time.Second) }, lateness.Decision{Next: graceOver.Add(5 * time.Minute)}},
		{"our server was just seen", graceOver, func(f *lateness.Facts) { f.Up[0].To = graceOver.Add(-59 * time.Second) }, lateness.Decision{Late: true, Next: secondOver}},
		{"our server has just come back", graceOver, func(f *lateness.Facts) {
			f.Up = []span{{due.AddDate(-1, 0, 0), early.Add(-time.Hour)}, {early.Add(30 * time.Minute), graceOver}}
		}, lateness.Decision{Next: early.Add(90 * time.Minute)}},
		{"our server came back a while ago", early.Add(90 * time.Minute), func(f *lateness.Facts) {
			f.Up = []span{{due.AddDate(-1, 0, 0), early.Add(-time.Hour)}, {early.Add(30 * time.Minute), early.Add(90 * time.Minute)}}
		}, lateness.Decision{Late: true, Away: span{early.Add(-time.Hour), early.Add(30 * time.Minute)}, Next: secondOver}},
		{"our server was away for longer than both graces", secondOver.Add(3 * time.Hour), func(f *lateness.Facts) {
			f.Up = []span{{due.AddDate(-1, 0, 0), due.Add(-time.Hour)}, {secondOver.Add(2 * time.Hour), secondOver.Add(3 * time.Hour)}}
		}, lateness.Decision{Late: true, Away: span{due.Add(-time.Hour), secondOver.Add(2 * time.Hour)}, Next: secondOver.Add(4 * time.Hour)}},
		{"our server was away in the night before", graceOver, func(f *lateness.Facts) {
			f.Up = []span{{due.AddDate(-1, 0, 0), due.Add(-3 * time.Hour)}, {due.Add(-2 * time.Hour), graceOver}}
		}, lateness.Decision{Late: true, Away: span{due.Add(-3 * time.Hour), due.Add(-2 * time.Hour)}, Next: secondOver}},
		{"our server was away the week before", graceOver, func(f *lateness.Facts) {
			f.Up = []span{{due.AddDate(-1, 0, 0), due.AddDate(0, 0, -8)}, {due.AddDate(0, 0, -7), graceOver}}
		}, lateness.Decision{Late: true, Next: secondOver}},
		{"our server was started anew", graceOver, func(f *lateness.Facts) {
			f.Up = []span{{due.AddDate(-1, 0, 0), early}, {early.Add(time.Minute), graceOver}}
		}, lateness.Decision{Late: true, Next: secondOver}},
		{"one of two copies was away", graceOver, func(f *lateness.Facts) {
			f.Up = []span{{due.AddDate(-1, 0, 0), graceOver}, {due, early}, {early.Add(30 * time.Minute), early.Add(31 * time.Minute)}}
		}, lateness.Decision{Late: true, Next: secondOver}},
	}
	for _, c := range cases {
		period, _ := lateness.At(monthly(1), c.now)
		f := lateness.Facts{
			Now: c.now, Period: period, Grace: 24 * time.Hour, State: tenant.Active, ActivatedAt: due.AddDate(-1, 0, 0), ActiveSince: due.AddDate(-1, 0, 0),
			Agreed: true, Up: upAlways(c.now), Rest: time.Hour,
		}
		if c.given != nil {
			c.given(&f)
		}
		if diff := cmp.Diff(c.want, lateness.Decide(f)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// The second grace is at least an hour, and at most half of the time until the next due time.
func TestSecondGrace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ grace, want time.Duration }{{0, time.Hour}, {time.Minute, time.Hour}, {48 * time.Hour, 48 * time.Hour}, {20 * 24 * time.Hour, 31 * 12 * time.Hour}} {
		due := at(t, "2026-12-01 06:00")
		now := due.Add(c.grace)
		u := monthly(1)
		u.Grace = c.grace
		period, _ := lateness.At(u, now)
		d := lateness.Decide(lateness.Facts{Now: now, Period: period, Grace: c.grace, State: tenant.Active, Agreed: true, Up: upAlways(now), Rest: time.Hour})
		if !d.Late || d.StillLate || !d.Next.Equal(now.Add(c.want)) {
			t.Errorf("after a grace of %v: %+v, want the second %v later", c.grace, d, c.want)
		}
	}
}

// A simulation is a customer who uploads at any time, a server of ours that comes and goes, and a watcher.
type simulation struct {
	t        *rapid.T
	upload   tenant.Upload
	now      time.Time
	away     bool
	up       []lateness.Span
	accepted time.Time
	last     lateness.Round
	told     map[string]bool
	next     time.Time
}

// A customer uploads whenever they like, our server comes and goes, and it is looked at whenever it should be and at other times: nobody is told the same twice, nothing is told to be missing that
// has come, each arrival is told if the absence was, and while our server is away nothing is told at all.
func TestToldOnceAndTruly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), 1, 0, 0, 0, 0, time.UTC)
		s := &simulation{t: t, now: start, next: start, up: []lateness.Span{{From: start.AddDate(-1, 0, 0), To: start}}, told: map[string]bool{}}
		s.upload = tenant.Upload{Cadence: tenant.Weekly, Due: tenant.Due{Day: rapid.IntRange(1, 7).Draw(t, "day"), Hour: 6}, Zone: "America/Toronto"}
		s.upload.Grace = time.Duration(rapid.IntRange(0, 240).Draw(t, "grace")) * time.Hour
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			event := s.now.Add(time.Duration(rapid.IntRange(1, 60*80).Draw(t, "minutes")) * time.Minute)
			for looks := 0; s.next.Before(event) && looks < 1000; looks++ {
				s.moveTo(s.next)
				s.look()
			}
			s.moveTo(event)
			switch rapid.SampledFrom([]string{"upload", "switch", "look"}).Draw(t, "what") {
			case "upload":
				if !s.away {
					s.accepted = s.now
				}
			case "switch":
				if s.away = !s.away; !s.away {
					s.up = append(s.up, lateness.Span{From: s.now, To: s.now})
				}
				continue
			}
			s.look()
		}
	})
}

// moveTo lets time pass; a server that is up is seen all the while.
func (s *simulation) moveTo(now time.Time) {
	if now.After(s.now) {
		s.now = now
	}
	if !s.away {
		s.up[len(s.up)-1].To = s.now
	}
}

// look decides, records what is told, and holds it to the truth.
func (s *simulation) look() {
	period, _ := lateness.At(s.upload, s.now)
	d := lateness.Decide(lateness.Facts{
		Now: s.now, Period: period, Grace: s.upload.Grace, State: tenant.Active, Agreed: true, Accepted: s.accepted, Last: s.last, Up: slices.Clone(s.up), Rest: time.Hour,
	})
	s.next = d.Next
	if d.Next.Before(s.now) || d.Next.Equal(s.now) && d.Arrived.IsZero() {
		s.t.Fatalf("at %v it is to be looked at again at %v", s.now, d.Next)
	}
	missing, unseen := d.Late || d.StillLate, s.now.Sub(s.up[len(s.up)-1].To) > lateness.Gap
	if missing && (unseen || s.accepted.After(period.From) || s.now.Before(period.Due.Add(s.upload.Grace))) {
		s.t.Fatalf("told at %v to be missing: unseen %t, accepted %v, period %+v", s.now, unseen, s.accepted, period)
	}
	if missing && !s.last.Due.Equal(period.Due) {
		s.last = lateness.Round{Due: period.Due}
	}
	if d.Late {
		s.once("late", s.last.Due)
		s.last.LateAt = s.now
	}
	if d.StillLate {
		s.once("still late", s.last.Due)
		s.last.StillLateAt = s.now
	}
	if !d.Arrived.IsZero() {
		s.once("arrived", d.Arrived)
		if !d.Arrived.Equal(s.last.Due) || !s.accepted.After(s.last.Due.AddDate(0, 0, -4)) {
			s.t.Fatalf("told at %v that what was due at %v has arrived, accepted %v", s.now, d.Arrived, s.accepted)
		}
		s.last.ArrivedAt = s.now
	}
	if s.last.Open() && s.accepted.After(s.last.LateAt) {
		s.t.Fatalf("the file accepted at %v is not told to those who miss that of %v", s.accepted, s.last.Due)
	}
}

func (s *simulation) once(what string, due time.Time) {
	key := what + due.String()
	if s.told[key] {
		s.t.Fatalf("%s is told twice", key)
	}
	s.told[key] = true
}
