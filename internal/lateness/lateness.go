// Package lateness is the rule by which an upload is missed: when customer IT is told that a file has not come, when their customer success manager is, when both are
// told that it has come after all, and when nobody is told although nothing came.
//
// # The rule
//
// A due time is looked at from the end of its grace until that of the next one; see [At]. The file of a due time is any that was accepted and received after the
// midpoint between the due time before and it, so that a file which comes a few days early is that month's, and not a late one of the month before. What a file
// changes plays no part: "nothing changed" is a file too. A refused one is none.
//
//	due          grace ends                second grace ends
//	 │────────────────│───────────────────────────│───────────────
//	                  IT is told: late            the CSM is told: still late
//	                                                     the file comes: both are told that it has arrived
//
// Each is told once a due time. The second grace is as long as the first, at least an hour, and at most half of the time until the next due time, which has rounds of its own.
// What was begun for one due time ends where something is told of the next.
//
// # Who is not late
//
// Nobody is told of a tenant that is not active, of a due time before its activation, or of one that was not due by what had been agreed at that time. A tenant that was
// paused has its grace anew from the end of the pause. A file that lies with us and is not read yet has not been missed, however long we take.
//
// # Our own side
//
// A customer can't upload to a server that does not answer. While the hosted server is not seen, nobody is told anything; after it was away at any time since the file was due, the customer has
// some time anew ([Facts].Rest, or the grace where that is shorter) before IT is told, and as much again before the manager is. Both then read when it was that our server
// could not be reached.
//
// [Decide] is a pure function of [Facts]: it can be asked at any time and any number of times, and what was told is a fact like any other.
package lateness

import (
	"time"

	"rollcall.internal/internal/tenant"
)

// A Period is a due time whose grace is over, and what belongs to it.
type Period struct {
	Due time.Time
	// From is when its file may come at the earliest: the midpoint between the due time before and Due.
	From time.Time
	// Next is the due time after it; zero where there is none.
	Next time.Time
}

// span is assumed between due times where a calendar has no other one.
const span = 7 * 24 * time.Hour

// At returns the period that is looked at by now: that of the last due time whose grace is over. It returns false where there is none.
func At(u tenant.Upload, now time.Time) (Period, bool) {
	due := u.PreviousDue(now.Add(-u.Grace))
	if due.IsZero() {
		return Period{}, false
	}
	before := u.PreviousDue(due.Add(-time.Second))
	if before.IsZero() {
		before = due.Add(-span)
	}
	return Period{Due: due, From: before.Add(due.Sub(before) / 2), Next: u.NextDue(due)}, true
}

// length is how long the period lasts.
func (p Period) length() time.Duration {
	if p.Next.IsZero() {
		return span
	}
	return p.Next.Sub(p.Due)
}

// A Round is what was told about one due time. LateAt is zero where nothing was.
type Round struct {
	Due         time.Time
	LateAt      time.Time
	StillLateAt time.Time
	ArrivedAt   time.Time
}

// Open reports whether it was told that the file is missing, and not that it arrived.
func (r Round) Open() bool { return !r.LateAt.IsZero() && r.ArrivedAt.IsZero() }

// A Span is a time from one instant to another.
type Span struct{ From, To time.Time }

func (s Span) length() time.Duration { return s.To.Sub(s.From) }

// Gap is how long the server may not be seen before it counts as away.
const Gap = time.Minute

// Facts is all that a decision is made from.
type Facts struct {
	Now    time.Time
	Period Period
	Grace  time.Duration
	State  tenant.State
	// ActivatedAt is when the tenant was activated; ActiveSince when it was activated or resumed last. Zero where that is not known, which is taken for long ago.
	ActivatedAt, ActiveSince time.Time
	// Agreed says that the period's due time was one by what had been agreed at that time.
	Agreed bool
	// Accepted is when the newest accepted file was received; zero where there is none.
	Accepted time.Time
	// Pending says that a file of the period lies with us, or is on its way, and is neither accepted nor refused yet.
	Pending bool
	// Last is the last round in which anything was told.
	Last Round
	// Up is when the hosted server was seen, in the order of From, as far back as the period's From at least. Spans of several copies of it may overlap.
	Up []Span
	// Rest is how long a customer has after our server was away, where the grace is not shorter.
	Rest time.Duration
}

// A Decision says what is to be told now, and when to look again.
type Decision struct {
	// Late: IT is told that the period's file is missing. StillLate: the manager is.
	Late, StillLate bool
	// Arrived is the due time of the round whose file has come: those who were told are told so. Zero where there is none.
	Arrived time.Time
	// Away is when our server could not be reached; zero where that has no bearing.
	Away Span
	// ToldAt is when IT is or was told, where the manager is told now.
	ToldAt time.Time
	// Next is when to look again; zero: not before something happens.
	Next time.Time
}

// Decide says what the facts come to.
func Decide(f Facts) Decision {
	if f.State != tenant.Active {
		return Decision{}
	}
	d := Decision{Next: f.nextPeriod()}
	if f.Last.Open() && f.came(f.Last) {
		d.Arrived = f.Last.Due
		if !f.Last.Due.Equal(f.Period.Due) {
			d.Next = f.Now // a file can come too late for one due time and too early for the next
		}
		return d
	}
	if f.Period.Due.IsZero() || !f.expected() || f.Accepted.After(f.Period.From) {
		return d
	}
	told := Round{Due: f.Period.Due}
	if f.Last.Due.Equal(f.Period.Due) {
		told = f.Last
	}
	switch {
	case !told.StillLateAt.IsZero() || !told.ArrivedAt.IsZero():
		return d
	case f.Pending || f.unseen():
		d.Next = earlier(f.Now.Add(f.pause()), d.Next)
		return d
	}
	return f.missing(told, d)
}

// missing says whom to tell of a file that has not come, and when the next is to be told.
func (f Facts) missing(told Round, d Decision) Decision {
	late, still := f.stages()
	away, back := f.away()
	if !back.IsZero() {
		rest := min(f.Grace, f.Rest)
		late, still = later(late, back.Add(rest)), later(still, back.Add(2*rest))
	}
	d.Late = told.LateAt.IsZero() && !late.After(f.Now)
	d.StillLate = !still.After(f.Now)
	if d.Late {
		told.LateAt = f.Now
	}
	if d.StillLate {
		d.ToldAt = told.LateAt
	}
	if d.Late || d.StillLate {
		d.Away = away
	}
	switch {
	case told.LateAt.IsZero():
		d.Next = earlier(late, d.Next)
	case !d.StillLate:
		d.Next = earlier(still, d.Next)
	}
	return d
}

// nextPeriod is when the period after this one is looked at.
func (f Facts) nextPeriod() time.Time {
	if f.Period.Next.IsZero() {
		return f.Now.Add(span)
	}
	return later(f.Period.Next.Add(f.Grace), f.Now.Add(time.Second))
}

// came reports whether the file of an open round has come. The file of an earlier due time may come after the next.
func (f Facts) came(r Round) bool {
	if r.Due.Equal(f.Period.Due) {
		return f.Accepted.After(f.Period.From)
	}
	return f.Accepted.After(r.LateAt)
}

// expected reports whether the tenant owed a file at the period's due time.
func (f Facts) expected() bool { return f.Agreed && !f.ActivatedAt.After(f.Period.Due) }

// stages returns when IT and when the manager is told, were our own side always well.
func (f Facts) stages() (late, still time.Time) {
	late = later(f.Period.Due, f.ActiveSince).Add(f.Grace)
	return late, late.Add(min(max(f.Grace, time.Hour), f.Period.length()/2))
}

// unseen reports whether the hosted server is away now, or was never seen.
func (f Facts) unseen() bool {
	var seen time.Time
	for _, up := range f.Up {
		seen = later(seen, up.To)
	}
	return f.Now.Sub(seen) > Gap
}

// pause is how long to wait for our own side before it is looked at again.
func (f Facts) pause() time.Duration { return max(time.Second, min(f.Rest, 5*time.Minute)) }

// heard is how long before the due time our being away is worth a word: many upload in the night before.
const heard = 24 * time.Hour

// away returns the longest time that our server was away around the due time, and when it came back last since the file was due; both zero where it was not.
func (f Facts) away() (longest Span, back time.Time) {
	var seen time.Time
	for _, up := range f.Up {
		gap := Span{From: seen, To: up.From}
		first := seen.IsZero()
		seen = later(seen, up.To)
		if first || gap.length() <= Gap {
			continue
		}
		if gap.To.After(f.Period.Due) {
			back = later(back, gap.To)
		}
		if gap.To.After(later(f.Period.From, f.Period.Due.Add(-heard))) && gap.length() > longest.length() {
			longest = gap
		}
	}
	return longest, back
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
