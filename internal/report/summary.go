package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/tenant"
)

// A Fact is a line of the summary.
type Fact struct{ Label, Text string }

// A Total says to how many people, or rows, one kind of thing happens, and what that means for them.
type Total struct {
	Op      changeset.Op // "" for those to whom nothing happens
	Kind    string
	Count   int
	Text    string // Count as the language writes it
	Meaning string
}

// Title is what the list is called.
func (d *Document) Title() string {
	return fmt.Sprintf(d.words().title, d.File.Name, d.Import.ID)
}

// applied reports whether the import's changes were made, or are being made.
func (d *Document) applied() bool { return d.Apply != nil }

// Facts says where the list comes from.
func (d *Document) Facts() []Fact {
	w, i := d.words(), d.Import
	rows := d.number(i.Rows)
	if i.SetAside > 0 {
		rows = fmt.Sprintf(w.rowsAside, rows, d.number(i.SetAside))
	}
	return []Fact{
		{w.organisation, d.File.Name}, {w.importID, i.ID.String()}, {w.standing, d.standing()}, {w.file, i.File}, {w.received, d.instant(i.ReceivedAt)}, {w.digest, i.SHA256},
		{w.rows, rows}, {w.mappingVersion, fmt.Sprintf(w.mapping, strconv.Itoa(i.TenantVersion))}, {w.changeSet, string(i.Summary.Digest)},
	}
}

// standing says in a sentence what became of the import so far.
func (d *Document) standing() string {
	switch d.Import.Phase {
	case contract.Closed:
		return receipt.Next(receipt.Progress{Phase: contract.Closed, Outcome: d.Import.Outcome}, d.Locale)
	case contract.AwaitingDecision:
		return fmt.Sprintf(d.words().waits, d.instant(d.Import.Deadline))
	}
	return d.words().working
}

// instant is a time in the tenant's zone, which is named; "" for none.
func (d *Document) instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	u := d.File.Upload
	return t.In(u.Location()).Format(d.words().date) + " (" + u.Zone + ")"
}

// Totals says to how many people what happens: a line for each kind of change, there or not, then the unchanged and the rows set aside.
func (d *Document) Totals() []Total {
	w, t := d.words(), d.Import.Summary.Totals
	var totals []Total
	for _, op := range changeset.Ops() {
		totals = append(totals, Total{op, w.kinds[op], t.Of(op), d.number(t.Of(op)), w.meanings[op]})
	}
	return append(totals, Total{"", w.unchanged, t.Unchanged, d.number(t.Unchanged), w.unchangedMeans}, Total{"", w.setAside, t.SetAside, d.number(t.SetAside), w.setAsideMeans})
}

// protection says who can't be deleted by the file, or that somebody may be who stands in it.
func (d *Document) protection() string {
	for _, c := range d.Import.Checks {
		if c.ID == approval.CheckUnreadable && c.Level.Holds() {
			return fmt.Sprintf(d.words().doubtful, d.number(c.Value))
		}
	}
	return d.words().protected
}

// Notices says what to know before answering: what can't be taken back, what can and until when, who is set aside for whom they seem to be, and what "private" means.
func (d *Document) Notices() []string {
	w := d.words()
	notices := []string{d.invitations(), d.restorable(), d.protection()}
	if d.applied() {
		notices = append(notices, fmt.Sprintf(w.made, d.number(d.Apply.Applied), d.number(d.Import.Summary.Totals.Changes())))
	}
	conflicts := d.Import.Summary.Conflicts
	for _, c := range slices.Sorted(maps.Keys(conflicts)) {
		if sentence := w.conflicts[c]; conflicts[c] > 0 && sentence != "" {
			notices = append(notices, fmt.Sprintf(sentence, d.number(conflicts[c])))
		}
	}
	if _, unlisted := d.Asides(); unlisted > 0 {
		notices = append(notices, fmt.Sprintf(w.unlisted, d.number(unlisted)))
	}
	if d.Mask {
		return append(notices, w.maskedLegend)
	}
	return append(notices, w.privateLegend)
}

func (d *Document) invitations() string {
	w := d.words()
	none, one, many := w.invitesNone, w.invitesOne, w.invites
	if d.applied() {
		none, one, many = w.invitedNone, w.invitedOne, w.invited
	}
	switch d.Invitations {
	case 0:
		return none
	case 1:
		return one
	}
	return fmt.Sprintf(many, d.number(d.Invitations))
}

func (d *Document) restorable() string {
	w := d.words()
	switch {
	case d.Import.Summary.Totals.Delete == 0:
		return w.nothingErased
	case d.applied():
		return fmt.Sprintf(w.restorableUntil, d.instant(d.Apply.StartedAt.Add(d.File.Retention.Deleted)))
	}
	return fmt.Sprintf(w.restorable, d.number(int(d.File.Retention.Deleted.Hours()/24)))
}

// Answer says how to answer, and to whom: the tenant's customer success manager.
func (d *Document) Answer() string {
	for _, c := range d.File.Contacts {
		if c.Role == tenant.CSM {
			return fmt.Sprintf(d.words().answerTo, strings.TrimSpace(c.Name+" <"+c.Email+">"))
		}
	}
	return d.words().answerToAnybody
}

// SummaryName is what a sheet with the summary is called.
func (d *Document) SummaryName() string { return d.words().summary }
