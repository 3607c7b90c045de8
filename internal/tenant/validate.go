package tenant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// NamePattern is what a file pattern holds where the date of a roster goes.
const NamePattern = "{MM.DD.YYYY}"

// The limits of a file where the tenant's file sets none; a tenant's own may only be lower.
const (
	MaxRows  = 10_000_000
	MaxBytes = 4 << 30
)

const (
	day            = 24 * time.Hour
	leastRetention = 30 * day
	maxName        = 200
)

// Validate returns every reason why f can't be honoured, in the order of the file; nil means that it can. It is pure but for the time zones, which come
// from the program's own copy or the machine's.
func (f File) Validate() []Problem {
	v := &validator{}
	if _, err := ParseID(string(f.Tenant)); err != nil {
		v.unclear("tenant", "%v", err)
	}
	switch {
	case strings.TrimSpace(f.Name) == "":
		v.add("name", "is required: members read it in their invitation")
	case len(f.Name) > maxName || strings.ContainsFunc(f.Name, isControl):
		v.add("name", "must be one line of at most %d bytes", maxName)
	}
	v.contacts(f.Contacts)
	v.upload(f.Upload)
	for _, p := range f.Mapping.Validate() {
		v.problems = append(v.problems, Problem{Path: p.Path, Message: p.Message, Unclear: p.Unclear})
	}
	v.people(f.People, f.Mapping)
	v.approval(f.Approval)
	v.retention(f.Retention)
	return v.problems
}

type validator struct{ problems []Problem }

func (v *validator) add(path, format string, args ...any) {
	v.problems = append(v.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// unclear adds a problem of a setting that can't be understood, not even where it was accepted once, perhaps by another release.
func (v *validator) unclear(path, format string, args ...any) {
	v.problems = append(v.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Unclear: true})
}

// honoured adds a problem where the setting is one that is not honoured yet.
func (v *validator) honoured(path, value string) {
	if reason, not := NotHonoured(path, value); not {
		v.unclear(path, "%s", reason)
	}
}

func (v *validator) contacts(all []Contact) {
	type who struct {
		role  Role
		email string
	}
	seen := map[who]bool{}
	for i, c := range all {
		path := fmt.Sprintf("contacts[%d]", i)
		v.contact(path, c)
		key := who{c.Role, roster.FoldEmail(c.Email)}
		if seen[key] {
			v.add(path, "this address is listed as %s already", c.Role)
		}
		seen[key] = true
	}
}

func (v *validator) contact(path string, c Contact) {
	if !c.Role.Valid() {
		v.add(path+".role", "%q is not a role: use program_owner, project_manager, technical_sftp, technical_hris or csm", c.Role)
	}
	if err := roster.CheckEmail(c.Email); err != nil {
		v.add(path+".email", "is not an address: %v", err)
	}
	if !slices.Contains(roster.Locale.Choices(), c.Locale) {
		v.add(path+".locale", "%q is not a locale: use en-US or fr-CA", c.Locale)
	}
	if strings.ContainsFunc(c.Name, isControl) {
		v.add(path+".name", "must be one line")
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7F }

func (v *validator) upload(u Upload) {
	if u.Source != Hosted {
		v.unclear("upload.source", "is required: write hosted")
	}
	v.cadence(u)
	v.due(u)
	if u.Zone == "" || u.Zone == "Local" {
		v.unclear("upload.zone", "is required: use an IANA name such as America/Toronto")
	} else if _, err := time.LoadLocation(u.Zone); err != nil {
		v.unclear("upload.zone", "%q is not a time zone: use an IANA name such as America/Toronto", u.Zone)
	}
	if u.Grace < 0 || u.Grace > 28*day {
		v.add("upload.grace", "must be between 0h and 28d")
	}
	if u.File != "" && (strings.Count(u.File, NamePattern) != 1 || strings.ContainsAny(u.File, "/\\") || strings.ContainsFunc(u.File, isControl)) {
		v.add("upload.file", "must be a file name that holds %s once", NamePattern)
	}
	if !strings.ContainsRune(",;\t|", u.Delimiter) {
		v.unclear("upload.delimiter", `must be ",", ";", "|" or "\t"`)
	}
	if u.MaxRows < 1 || u.MaxRows > MaxRows {
		v.add("upload.max_rows", "must be between 1 and %d", MaxRows)
	}
	if u.MaxBytes < 1 || u.MaxBytes > MaxBytes {
		v.add("upload.max_bytes", "must be between 1 and %d", int64(MaxBytes))
	}
}

func (v *validator) people(p People, m mapping.Mapping) {
	if !p.Missing.Valid() {
		v.unclear("people.missing", "%q is not known: use delete, deactivate or keep", p.Missing)
	}
	switch {
	case p.MissingAfter < 1:
		v.add("people.missing_after", "must be at least 1")
	case p.MissingAfter > 1:
		v.honoured("people.missing_after", "more")
	}
	if p.Ineligible != MissingKeep && p.Ineligible != MissingDeactivate {
		v.unclear("people.ineligible", "%q is not known: use keep or deactivate", p.Ineligible)
	}
	v.honoured("people.ineligible", string(p.Ineligible))
	v.eligibleWhen(p.EligibleWhen, m)
	if !p.Invite.Valid() {
		v.unclear("people.invite", "%q is not known: use after_approval or never", p.Invite)
	}
	v.honoured("people.invite", string(p.Invite))
	for i, address := range p.Protect {
		path := fmt.Sprintf("people.protect[%d]", i)
		if err := roster.CheckEmail(address); err != nil {
			v.add(path, "is not an address: %v", err)
		} else if slices.Contains(p.Protect[:i], address) {
			v.add(path, "is listed twice")
		}
	}
}

func (v *validator) approval(a Approval) {
	if a.Mode != ApproveAlways && a.Mode != ApproveWithinLimits {
		v.unclear("approval.mode", "%q is not known: use always", a.Mode)
	}
	v.honoured("approval.mode", string(a.Mode))
}

func (v *validator) retention(r Retention) {
	if r.Files < day {
		v.add("retention.files", "must be at least 1d")
	}
	switch {
	case r.Deleted < leastRetention:
		v.add("retention.deleted", "must be at least 30d: deleted members can be restored for that long")
	case r.Deleted > leastRetention:
		if reason, not := NotHonoured("retention.deleted", "more"); not {
			v.add("retention.deleted", "%s", reason) // was accepted once
		}
	}
}
