package invite

import (
	"errors"
	"fmt"
	"time"
)

// A Policy is how fast mail to a tenant's members may go, and at what hours. Its zero value sets no bounds: a development stack has that one.
//
// A pace is kept in small batches at even distances (1,000 an hour: 100 every 6 minutes), so that a waiting courier wakes ten times an
// hour and not once a mail. The ledger counts, not a timer: a restart neither forgets what went nor sends a backlog at once.
type Policy struct {
	// PerHour is how many mails may go an hour. Defaults to 1,000; 0 means no bound.
	PerHour int
	// From and To are the local hours between which mail may go: from From:00 until before To:00, over midnight where From is the later one.
	// Defaults to 8 and 18; equal hours mean at any time.
	From, To int
	// Zone is the tenant's. Nil is UTC.
	Zone *time.Location
}

// DefaultPolicy returns the policy of a deployment: 1,000 an hour between 08:00 and 18:00 in the tenant's zone.
func DefaultPolicy(zone *time.Location) Policy {
	return Policy{PerHour: 1000, From: 8, To: 18, Zone: zone}
}

// Validate says whether p can be honoured.
func (p Policy) Validate() error {
	if p.PerHour < 0 {
		return errors.New("a pace of mail can't be below 0 an hour")
	}
	if p.From < 0 || p.From > 23 || p.To < 0 || p.To > 24 {
		return fmt.Errorf("hours of mail %d to %d are not within a day", p.From, p.To)
	}
	return nil
}

// NextDue returns the first instant at or after now at which mail may go by the hours; the pace is [Policy.Batch]'s.
func (p Policy) NextDue(now time.Time) time.Time {
	if p.open(now) {
		return now
	}
	local := now.In(p.zone())
	// Where clocks change, From:00 may not exist on a day, or lie before now although the hours are closed: the first candidate that is
	// later than now and open is taken.
	for day := 0; day <= 3; day++ {
		at := time.Date(local.Year(), local.Month(), local.Day()+day, p.From, 0, 0, 0, p.zone())
		if at.After(now) && p.open(at) {
			return at.UTC()
		}
	}
	return now
}

// Batch returns how many mails may go within any span of the returned length. A policy without a pace returns 0 and 0.
func (p Policy) Batch() (size int, every time.Duration) {
	if p.PerHour == 0 {
		return 0, 0
	}
	size = (p.PerHour + batchesAnHour - 1) / batchesAnHour
	return size, time.Hour * time.Duration(size) / time.Duration(p.PerHour)
}

const batchesAnHour = 10

// maxSlots covers two days of open hours at any pace above ten an hour; what is left over then gets its slot later.
const maxSlots = 200

// Slots returns the instants at which the next batches may go, given that the last mail went at last: the first at the earliest one batch's
// distance later, all within the hours. Without a pace it is the one instant at which the hours are open.
func (p Policy) Slots(last time.Time) []time.Time {
	_, every := p.Batch()
	if every == 0 {
		return []time.Time{p.NextDue(last)}
	}
	slots := make([]time.Time, 0, maxSlots)
	at := p.NextDue(last.Add(every))
	for range maxSlots {
		slots = append(slots, at)
		at = p.NextDue(at.Add(every))
	}
	return slots
}

func (p Policy) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// open reports whether mail may go at t by the hours.
func (p Policy) open(t time.Time) bool {
	hour := t.In(p.zone()).Hour()
	switch {
	case p.From == p.To:
		return true
	case p.From < p.To:
		return p.From <= hour && hour < p.To
	}
	return hour >= p.From || hour < p.To
}
