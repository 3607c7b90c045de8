// Package planview is an import and its plan as people read them: the words, the symbols, the counts and the lines.
//
// It stands between what the ledger knows and whatever shows it. The command line prints its pages; a web page and a report take the same pieces, so that a state, a symbol or a
// count is called the same wherever a person meets it. It is pure: it asks nobody, and knows no terminal but for an optional [Style].
//
// # The order of a page
//
// A CSM decides in under a minute, so [Page] tells in the order in which that is done: what stands there and whose turn it is; the verdict, with what tripped, worst first; how many
// people are touched and how, each with its share of the directory; which columns change most; then where it comes from, until when there is time, and the exact commands.
//
// # Symbols
//
// The symbols are Terraform's, as far as it has them, and ASCII, so that a log, a mail and a terminal without fonts show the same:
//
//   - create    | deactivate (pause)    ^ restore (up again)
//     ~ update    > reactivate (goes on)  - delete
//
// # Other people's text
//
// Names, addresses, cells, file names and reasons come from others and may hold anything, terminal escapes included. [Visible] is between each of them and the reader.
package planview

import (
	"time"

	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// An Import is all that a page about an import tells.
type Import struct {
	ledger.Import
	Decisions []ledger.Decision // in the order in which they were recorded
	Apply     *ledger.Apply     // nil until one began
	Findings  roster.Summary    // what reading the file found; zero where it was not read
	Mapping   mapping.Mapping   // under which the file was read: it gives columns their titles
	Zone      *time.Location    // the tenant's: times are told in it
}

// local tells an instant to the minute, in the tenant's zone and with its name; "" for the zero time.
func (i Import) local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	zone := i.Zone
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("2006-01-02 15:04 MST")
}
