package main

import (
	"fmt"
	"slices"
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
	fmt.Fprintf(&b, "%s (%s): %s, version %d of its file, %s\n\n", planview.Visible(v.File.Name), v.ID, stateWord(v.State), v.Version, imports)
	u := v.File.Upload
	fmt.Fprintf(&b, "Rosters   %s, due %s at %02d:%02d, %s; next %s\n", u.Cadence, dueDay(u), u.Due.Hour, u.Due.Minute, u.Zone, nextDue(v, now))
	if u.File != "" {
		fmt.Fprintf(&b, "File      %s\n", planview.Visible(u.File))
	}
	fmt.Fprintf(&b, "Schedule  %s\n", scheduleSentence(v, scheduleKnown))
	section(&b, "Contacts", contactRows(v.File))
	section(&b, "Columns", columnRows(v.File))
	section(&b, "Setting up", stepRows(v))
	return b.String()
}

func section(b *strings.Builder, title string, rows table) {
	fmt.Fprintf(b, "\n%s\n", title)
	if len(rows) == 0 {
		b.WriteString("  none\n")
		return
	}
	var text strings.Builder
	// A table leads with a heading, and these have none.
	_ = append(table{make([]string, len(rows[0]))}, rows...).write(&text) // a builder takes everything
	for line := range strings.Lines(strings.TrimPrefix(text.String(), "\n")) {
		b.WriteString("  " + line)
	}
}

func dueDay(u tenant.Upload) string {
	if u.Cadence == tenant.Weekly {
		return "on " + time.Weekday(u.Due.Day%7).String()
	}
	return fmt.Sprintf("on day %d", u.Due.Day)
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

// stepRows are the guide's steps with who acts on each.
func stepRows(v registrar.TenantView) (rows table) {
	steps := append(tenant.SetupSteps(), "activation")
	for _, step := range steps {
		done := slices.IndexFunc(v.Steps, func(s tenant.StepDone) bool { return s.Step == string(step) })
		if done < 0 {
			rows.add(string(step), "open", "next: "+stepOwner(step))
			continue
		}
		s := v.Steps[done]
		detail := "by " + s.By + ", " + s.At.In(v.File.Upload.Location()).Format("2006-01-02")
		if s.Reason != "" {
			detail += fmt.Sprintf(" (steps skipped: %s)", s.Reason)
		}
		rows.add(string(step), "done", detail)
	}
	return rows
}

// stepOwner is who acts on a step of the guide.
func stepOwner(step tenant.SetupStep) string {
	switch step {
	case tenant.StepFrequency, tenant.StepVerification:
		return "the customer's program owner, with the CSM"
	case tenant.StepMapping, tenant.StepSample:
		return "the customer's HRIS team, with the CSM"
	}
	return "the CSM"
}
