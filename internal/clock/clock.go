// Package clock is the only source of business time.
//
// Every deadline, day and timestamp that Rollcall stores comes from here and never from SQL's now(), so that one
// setting moves the whole system: a development stack may run with an offset and let a month pass in a test.
package clock

import "time"

// A Clock tells the time. Implementations are safe for concurrent use.
type Clock interface {
	// Now returns the present instant in UTC.
	Now() time.Time
}

// System is the machine's clock moved by Offset; the zero value is the machine's clock as it is.
type System struct {
	// Offset is added to the machine's time; it may be negative. Deployments leave it at zero.
	Offset time.Duration
}

// Now implements [Clock]. Microseconds are the finest that Postgres stores, so nothing finer is given out.
func (s System) Now() time.Time { return time.Now().Add(s.Offset).UTC().Truncate(time.Microsecond) }

// Fixed is a clock that stands still, for tests.
type Fixed time.Time

// Now implements [Clock].
func (f Fixed) Now() time.Time { return time.Time(f).UTC() }
