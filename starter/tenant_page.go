package main

import (
	"fmt"
	"strings"
	"time"

	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

// tenantPage tells a tenant to people. scheduleKnown says that Temporal was asked.
func tenantPage(v registrar.TenantView, now time.Time, scheduleKnown bool) string {
	var b strings.Builder
	imports := fmt.Sprintf("%d imports", v.Imports)
	if v.Imports == 1 {
		imports = "1 import"
	}
	since := v.AppliedAt.In(v.File.Upload.Location()).Format("2006-01-02 15:04 MST")
	fmt.Fprintf(&b, "%s (%s): %s, version %d of its file since %s, %s\n\n", planview.Visible(v.File.Name), v.ID, stateWord(v.State), v.Version, since, imports)
	u := v.File.Upload
	fmt.Fprintf(&b, "Rosters   %s, %s; next %s\n", u.Cadence, u.DueSentence(), nextDue(v, now))
	if u.File != "" {
		fmt.Fprintf(&b, "File      %s\n", planview.Visible(u.File))
	}
	fmt.Fprintf(&b, "Schedule  %s\n", scheduleSentence(v, scheduleKnown))
	section(&b, "Contacts", contactRows(v.File))
	section(&b, "Columns", columnRows(v.File))
	b.WriteString("\nSetting up\n")
	for i, step := range v.Setup {
		setupStep(&b, i+1, step, v.File.Upload.Location())
	}
	return b.String()
}

func section(b *strings.Builder, title string, rows table) {
	fmt.Fprintf(b, "\n%s\n", title)
	if len(rows) == 0 {
		b.WriteString("  none\n")
		return
	}
	indent(b, rows)
}

// indent tells a table that has no heading.
func indent(b *strings.Builder, rows table) {
	var text strings.Builder
	_ = append(table{make([]string, len(rows[0]))}, rows...).write(&text) // a builder takes everything
	for line := range strings.Lines(strings.TrimPrefix(text.String(), "\n")) {
		b.WriteString("  " + line)
	}
}

func scheduleSentence(v registrar.TenantView, known bool) string {
	switch {
	case !known:
		return "unknown: Temporal does not answer"
	case v.Paused:
		return "paused" + pausedBy(v)
	}
	return "runs"
}

func contactRows(f tenant.File) (rows table) {
	for _, c := range f.Contacts {
		rows.add(strings.ReplaceAll(string(c.Role), "_", " "), strings.TrimSpace(c.Name+" <"+c.Email+">"), c.Locale)
	}
	return rows
}

func columnRows(f tenant.File) (rows table) {
	for _, c := range f.Mapping.Columns {
		set := ""
		if n := len(c.Values); n > 0 {
			set = fmt.Sprintf("%d values, others: %s", n, strings.ReplaceAll(string(c.Unknown), "_", " "))
		}
		rows.add(c.Title, string(c.Field), string(c.Visibility), set)
	}
	return rows
}

// setupStep tells one of the guide's steps: where it stands, what there is to see of it, and what is next.
func setupStep(b *strings.Builder, n int, s registrar.SetupStep, zone *time.Location) {
	state, detail := "open", "with "+s.Owner
	if s.Done {
		state, detail = "done", "by "+s.By+", "+s.At.In(zone).Format(time.DateOnly)
	}
	if s.Reason != "" {
		detail += fmt.Sprintf(" (steps skipped: %s)", s.Reason)
	}
	fmt.Fprintf(b, "  %d  %-18s %s  %s\n", n, s.Title, state, planview.Visible(detail))
	if s.Evidence != "" {
		fmt.Fprintf(b, "     %s\n", planview.Visible(s.Evidence))
	}
	if s.Next != "" {
		fmt.Fprintf(b, "     next: %s\n", s.Next)
	}
}
