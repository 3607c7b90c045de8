package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/roster"
)

// revisionText tells staff what a new version of a tenant's file changes. It ends without a line end; "" where there is nothing to tell.
func revisionText(rev registrar.Revision) string {
	if rev.Same || rev.Version == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nVersion %d of the file of %s changes\n", rev.Version+1, rev.File.Tenant)
	if len(rev.Keys) == 0 {
		b.WriteString("  nothing that it says, only how it is written\n")
	} else {
		var rows table
		for _, k := range rev.Keys {
			rows.add(k.Key, k.Text)
		}
		indent(&b, rows)
	}
	if rev.Trial != nil {
		b.WriteString(trialText(*rev.Trial, rev))
	}
	if rev.Untried != nil {
		fmt.Fprintf(&b, "\nWhat it would do to the last file can't be told: %s\n", planview.Visible(rev.Untried.Error()))
	}
	for _, id := range rev.Ends {
		fmt.Fprintf(&b, "\n%s waits for a decision and would be ended; its file is planned anew under the new rules.\n", id)
	}
	return b.String()
}

func trialText(t registrar.TriedFile, rev registrar.Revision) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe last file, that of %s, as it is read and compared today\n", t.Import)
	if !t.Any() {
		b.WriteString("  does the same under the new rules\n")
		return b.String()
	}
	rows := table{{"", "now", "then"}}
	row := func(what string, now, then int) {
		if now != then {
			rows.add(what, planview.Number(now), planview.Number(then))
		}
	}
	if t.Old.Verdict != t.New.Verdict {
		rows.add("verdict", verdictWord(t.Old.Verdict), verdictWord(t.New.Verdict))
	}
	if !slices.Contains([]roster.Verdict{t.Old.Verdict, t.New.Verdict}, roster.RefusedByFile) {
		row("rows that take part", t.Old.Accepted, t.New.Accepted)
		row("rows set aside", t.Old.SetAside, t.New.SetAside)
		for _, op := range changeset.Ops() {
			row("to "+string(op), t.Old.Totals.Of(op), t.New.Totals.Of(op))
		}
		row("in conflict with the directory", t.Old.Totals.SetAside-t.Old.SetAside, t.New.Totals.SetAside-t.New.SetAside)
	}
	for _, code := range t.Codes() {
		row("findings: "+string(code), t.Old.Findings[code], t.New.Findings[code])
	}
	var text strings.Builder
	_ = rows.write(&text) // a builder takes everything
	for line := range strings.Lines(text.String()) {
		b.WriteString("  " + line)
	}
	if t.People > 0 {
		people := planview.Number(t.People) + " people"
		if t.People == 1 {
			people = "1 person"
		}
		fmt.Fprintf(&b, "  %s would be treated otherwise%s\n", people, otherwise(t.Fields, rev))
	}
	return b.String()
}

// verdictWord shouts where a file is refused.
func verdictWord(v roster.Verdict) string {
	if v == roster.RefusedByFile {
		return "REFUSED"
	}
	return string(v)
}

// otherwise names the columns that would come out otherwise, those of most people first.
func otherwise(fields map[roster.Field]int, rev registrar.Revision) string {
	names := slices.SortedFunc(maps.Keys(fields), func(a, b roster.Field) int { return cmp.Or(cmp.Compare(fields[b], fields[a]), cmp.Compare(a, b)) })
	var parts []string
	for _, f := range names {
		parts = append(parts, fmt.Sprintf("%s for %s", planview.Visible(rev.File.Mapping.Title(f)), planview.Number(fields[f])))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// whyAsked says in one sentence what a person is to agree to.
func whyAsked(rev registrar.Revision) string {
	var why []string
	switch {
	case rev.Untried != nil:
		why = append(why, "what it would do to the last file can't be told")
	case rev.Trial != nil && rev.Trial.Any() && rev.Trial.New.Verdict == roster.RefusedByFile:
		why = append(why, "it would refuse the last file")
	case rev.Trial != nil && rev.Trial.Any():
		why = append(why, "it changes what the last file does")
	}
	if rev.Exposes() {
		why = append(why, "it shows every member what only admins saw")
	}
	if len(rev.Ends) > 0 {
		why = append(why, "it ends a plan that waits for a decision")
	}
	return fmt.Sprintf("version %d of %s needs a yes, because %s", rev.Version+1, rev.File.Tenant, strings.Join(why, ", and "))
}
