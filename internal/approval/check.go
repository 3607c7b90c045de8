package approval

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// A Level is the result of a check, from harmless to forbidding.
type Level string

const (
	// OK: nothing unusual.
	OK Level = "ok"
	// Told: worth a sentence; it stops nothing.
	Told Level = "note"
	// Hold: a person must look and give a reason.
	Hold Level = "hold"
	// HoldTwo: two people must.
	HoldTwo Level = "hold_two"
	// Stop: the plan can only be turned down.
	Stop Level = "stop"
)

// Holds reports whether the level makes an approval need a reason.
func (l Level) Holds() bool { return l == Hold || l == HoldTwo || l == Stop }

// worst returns the most serious level of checks, OK where there are none.
func worst(checks []Check) Level {
	order := []Level{OK, Told, Hold, HoldTwo, Stop}
	level := OK
	for _, c := range checks {
		if slices.Index(order, c.Level) > slices.Index(order, level) {
			level = c.Level
		}
	}
	return level
}

// Worst returns the most serious level among the checks that s waits with.
func (s State) Worst() Level { return worst(s.Checks) }

// A CheckID names a check. Ids are stable.
type CheckID string

// The checks.
const (
	CheckFirstImport       CheckID = "first-import"
	CheckMappingChanged    CheckID = "mapping-changed"
	CheckOlderFile         CheckID = "older-file"
	CheckRosterShrunk      CheckID = "roster-shrunk"
	CheckDeletes           CheckID = "deletes"
	CheckDeactivations     CheckID = "deactivations"
	CheckCreates           CheckID = "creates"
	CheckFieldEmptied      CheckID = "field-emptied"
	CheckFieldChurn        CheckID = "field-churn"
	CheckRejectedRows      CheckID = "rejected-rows"
	CheckUnreadable        CheckID = "unreadable-person"
	CheckIdentity          CheckID = "identity"
	CheckRekey             CheckID = "re-key"
	CheckProtected         CheckID = "protected-person"
	CheckAddressWithoutIDs CheckID = "address-without-id"
	CheckUnknownValues     CheckID = "unknown-values"
	CheckColumnUnread      CheckID = "column-unread"
)

// AboutRemovals reports whether the check is about people who would be removed, so that it does not bind an approval without removals.
func (id CheckID) AboutRemovals() bool {
	switch id {
	case CheckDeletes, CheckUnreadable, CheckProtected, CheckRosterShrunk:
		return true
	}
	return false
}

// CountsRemovals reports whether the check is the limit on which the number of removals is typed back.
func (id CheckID) CountsRemovals() bool { return id == CheckDeletes }

// aboutSetAside reports whether the check is about rows or values that the file has and the plan leaves out.
func (id CheckID) aboutSetAside() bool {
	switch id {
	case CheckRejectedRows, CheckUnreadable, CheckIdentity, CheckUnknownValues, CheckColumnUnread:
		return true
	}
	return false
}

// Waits reports whether a person must look at a change set: where it changes anything, and where nothing is left to change because a check holds what was set aside.
func Waits(t changeset.Totals, checks []Check) bool {
	return t.Changes() > 0 || slices.ContainsFunc(checks, func(c Check) bool { return c.Level.Holds() && c.ID.aboutSetAside() })
}

// A Check is one look at a change set and what it came to. Its JSON is a part of the public contract. It holds counts and titles of columns,
// never a person.
type Check struct {
	ID      CheckID `json:"id"`
	Level   Level   `json:"level"`
	Value   int     `json:"value"`
	Limit   int     `json:"limit"`  // the check holds where Value is over it
	Origin  string  `json:"origin"` // where the limit comes from: default or tenant
	Message string  `json:"message"`
	Cause   string  `json:"cause"` // why, as far as it shows; "" where it does not
}

// Facts is what the checks look at.
type Facts struct {
	Summary changeset.Summary
	// SetAside and Unreadable are of reading the file (roster.Summary); UnknownValues counts values outside their set that the tenant wants held.
	SetAside, Unreadable, UnknownValues, Rows int
	// ValuesAside counts, by field, all values that were set aside.
	ValuesAside map[roster.Field]int
	// LastRows is the number of rows of the last applied import; 0 where there was none, and then First is set.
	LastRows       int
	First          bool
	MappingChanged bool
	OlderFile      bool
	// Protected counts removals of people whom the tenant's file protects; they are left out of the plan.
	Protected int
	// Rekeys counts people whose unique ID changes; AddressesWithoutID new people who may be somebody that is to be removed.
	Rekeys, AddressesWithoutID int
	Mapping                    mapping.Mapping
}

// A limit is a floor and a share in percent of a base; a value is over it only where it is over both.
type limit struct{ floor, percent int }

// of returns the greatest value that is not over the limit.
func (l limit) of(base int) int { return max(l.floor, base*l.percent/100) }

// The default limits, for a monthly cadence.
var (
	deletesLimit       = limit{10, 5}
	deactivationsLimit = limit{10, 5}
	createsLimit       = limit{25, 10}
	emptiedLimit       = limit{20, 5}
	churnLimit         = limit{20, 20}
	rejectedLimit      = limit{0, 1}
	unreadLimit        = limit{4, 50}
)

// shrunkPercent is the share of the last import's rows under which a roster is asked about.
const shrunkPercent = 70

// Weigh looks at a change set and returns every check that has something to say, the most serious first, plus the counts that people want to see even
// when they are fine (creates, deactivations, deletes). All arithmetic is in integers.
func Weigh(f Facts) []Check {
	t := f.Summary.Totals
	checks := []Check{
		counted(CheckDeletes, f.Summary.Removals, deletesLimit.of(f.Summary.Members), "%s would be removed because they are not in the file; up to %s is usual."),
		counted(CheckDeactivations, t.Deactivate, deactivationsLimit.of(f.Summary.Members), "%s would be deactivated; up to %s is usual."),
		counted(CheckCreates, t.Create, createsLimit.of(f.Summary.Members), "%s would be created, and each who is eligible is invited by e-mail; up to %s is usual."),
		counted(CheckRejectedRows, f.SetAside, rejectedLimit.of(f.Rows), "%s would not take part, because their rows were set aside; up to %s is usual."),
	}
	checks = append(checks, occasions(f)...)
	checks = append(checks, unreadColumns(f)...)
	checks = append(checks, fieldChecks(f)...)
	order := []Level{Stop, HoldTwo, Hold, Told, OK}
	slices.SortStableFunc(checks, func(a, b Check) int { return slices.Index(order, a.Level) - slices.Index(order, b.Level) })
	return checks
}

// unreadColumns holds where most values of a column were set aside: then it is the export that has changed, and not so many people's data.
func unreadColumns(f Facts) []Check {
	var checks []Check
	for _, c := range f.Mapping.Columns {
		n, most := f.ValuesAside[c.Field], unreadLimit.of(f.Rows)
		if n <= most {
			continue
		}
		checks = append(checks, Check{ID: CheckColumnUnread, Level: Hold, Value: n, Limit: most, Origin: "default",
			Message: fmt.Sprintf("%s: %s of %s values can't be taken, and stay as they were. The export probably writes this column otherwise than was agreed.", c.Title, number(n), number(f.Rows))})
	}
	return checks
}

// counted is a check of a count of people against its limit.
func counted(id CheckID, value, limit int, format string) Check {
	c := Check{ID: id, Level: OK, Value: value, Limit: limit, Origin: "default", Message: fmt.Sprintf(format, people(value), number(limit))}
	if value > limit {
		c.Level = Hold
	}
	return c
}

// occasions are the checks of which one case is enough.
func occasions(f Facts) []Check {
	var checks []Check
	hold := func(id CheckID, value int, message string) {
		if value > 0 {
			checks = append(checks, Check{ID: id, Level: Hold, Value: value, Origin: "default", Message: message})
		}
	}
	if f.First {
		hold(CheckFirstImport, 1, "This is the first import of this tenant: nobody has seen yet what its files do.")
	}
	if f.MappingChanged {
		hold(CheckMappingChanged, 1, "The mapping has changed since the last import that was applied.")
	}
	if f.OlderFile {
		hold(CheckOlderFile, 1, "The date in the file's name is before that of the last import that was applied.")
	}
	if !f.First && f.Rows*100 < f.LastRows*shrunkPercent {
		checks = append(checks, Check{ID: CheckRosterShrunk, Level: Hold, Value: f.Rows, Limit: f.LastRows * shrunkPercent / 100, Origin: "default",
			Message: fmt.Sprintf("The file has %s; the last one had %s. A file that holds only a part of the people removes the others.", rows(f.Rows), number(f.LastRows))})
	}
	hold(CheckUnreadable, f.Unreadable, fmt.Sprintf("In %s it can't be told for sure who is meant: it may be anybody whom the file does not name, so nobody should be removed unseen.", rows(f.Unreadable)))
	hold(CheckProtected, f.Protected, fmt.Sprintf("%s not in the file, and the tenant's file protects them; they stay.", peopleAre(f.Protected)))
	hold(CheckIdentity, conflicts(f.Summary), fmt.Sprintf("%s of somebody who is not surely the person that the directory knows (%s); they are set aside.", rows(conflicts(f.Summary)), conflictList(f.Summary)))
	hold(CheckRekey, f.Rekeys, fmt.Sprintf("%s would get another unique ID.", people(f.Rekeys)))
	hold(CheckAddressWithoutIDs, f.AddressesWithoutID, fmt.Sprintf("%s would be added as new and may be somebody who would be removed: the name is the same, or an identifier of the one stands in a row of the other.", people(f.AddressesWithoutID)))
	hold(CheckUnknownValues, f.UnknownValues, fmt.Sprintf("%s cells hold a value outside the agreed set; these fields stay as they were.", number(f.UnknownValues)))
	return checks
}

// fieldChecks look at each mapped column by itself, and at who is eligible where that is worked out from other columns.
func fieldChecks(f Facts) []Check {
	var checks []Check
	base := f.Summary.Members
	columns := f.Mapping.Columns
	if _, mapped := f.Mapping.Column(roster.ProgramEligibility); !mapped {
		columns = append(slices.Clip(columns), mapping.Column{Title: "Eligibility", Field: roster.ProgramEligibility})
	}
	for _, c := range columns {
		if n, most := f.Summary.Emptied[c.Field], emptiedLimit.of(base); n > most {
			checks = append(checks, Check{ID: CheckFieldEmptied, Level: Hold, Value: n, Limit: most, Origin: "default",
				Message: fmt.Sprintf("%s would be emptied for %s; up to %s is usual.", c.Title, people(n), number(most))})
		}
		if n, most := f.Summary.Fields[c.Field], churnLimit.of(base); n > most && !f.First {
			checks = append(checks, Check{ID: CheckFieldChurn, Level: Hold, Value: n, Limit: most, Origin: "default",
				Message: fmt.Sprintf("%s would change for %s; up to %s is usual.", c.Title, people(n), number(most))})
		}
	}
	return checks
}

func conflicts(s changeset.Summary) int {
	n := 0
	for _, c := range s.Conflicts {
		n += c
	}
	return n
}

// conflictList names the conflicts with their counts, in a fixed order.
func conflictList(s changeset.Summary) string {
	var parts []string
	for _, c := range []changeset.Conflict{changeset.IdentitySwapped, changeset.AddressRecycled, changeset.AddressTaken, changeset.AddressHeld, changeset.MatchedTwice} {
		if n := s.Conflicts[c]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", c, n))
		}
	}
	return strings.Join(parts, ", ")
}

// number writes n as English does, 5,000.
func number(n int) string { return message.NewPrinter(language.AmericanEnglish).Sprintf("%d", n) }

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return number(n) + " people"
}

func peopleAre(n int) string {
	if n == 1 {
		return "1 person is"
	}
	return number(n) + " people are"
}

func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return number(n) + " rows"
}
