package main

import (
	"time"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/trial"
)

// The rule of compatibility is in json.go.

// tenantAppliedJSON is `tenant apply`.
type tenantAppliedJSON struct {
	SchemaVersion int                      `json:"schema_version"`
	Tenant        tenant.ID                `json:"tenant"`
	Version       int                      `json:"version"` // current from now on
	Stored        bool                     `json:"stored"`  // false: the file says what the current version says
	Schedule      registrar.ScheduleChange `json:"schedule"`
	Paused        bool                     `json:"paused"` // the schedule is
	Changes       revisionJSON             `json:"changes"`
}

// revisionJSON is what a new version of a tenant's file changes.
type revisionJSON struct {
	Asks     bool              `json:"asks"` // it needs a person's yes
	Keys     []keyChangeJSON   `json:"keys"` // what the file says otherwise
	LastFile *triedFileJSON    `json:"last_file"`
	Untried  string            `json:"untried"` // why it can't be told what the last file would do
	Ends     []tenant.ImportID `json:"ends"`    // imports that wait for a decision and end, to be planned anew
}

type keyChangeJSON struct {
	Key     string `json:"key"`
	Text    string `json:"text"`
	Exposes bool   `json:"exposes"` // every member sees what only admins saw
}

// triedFileJSON is what the last file does under the rules of now and under the new ones; null where they are the same or there is none.
type triedFileJSON struct {
	Import tenant.ImportID      `json:"import"`
	File   string               `json:"file"`
	Old    trialSideJSON        `json:"old"`
	New    trialSideJSON        `json:"new"`
	People int                  `json:"people"` // whom the plans treat otherwise
	Fields map[roster.Field]int `json:"fields"` // for how many of them the field would come out otherwise
}

type trialSideJSON struct {
	Verdict  roster.Verdict       `json:"verdict"`
	Rows     int                  `json:"rows"`
	Accepted int                  `json:"accepted"`
	SetAside int                  `json:"set_aside"`
	Totals   changeset.Totals     `json:"totals"`
	Removals int                  `json:"removals"`
	Findings map[roster.Code]int  `json:"findings"`
	Held     map[roster.Field]int `json:"held"` // values outside their set that hold the import, by field
}

func revisionOf(rev registrar.Revision) revisionJSON {
	told := revisionJSON{Asks: rev.Asks(), Keys: []keyChangeJSON{}, Ends: listed(rev.Ends)}
	for _, k := range rev.Keys {
		told.Keys = append(told.Keys, keyChangeJSON(k))
	}
	if rev.Untried != nil {
		told.Untried = rev.Untried.Error()
	}
	if t := rev.Trial; t != nil {
		told.LastFile = &triedFileJSON{Import: t.Import, File: t.File, Old: trialSideOf(t.Old), New: trialSideOf(t.New), People: t.People, Fields: t.Fields}
	}
	return told
}

func trialSideOf(s trial.Side) trialSideJSON {
	return trialSideJSON{
		Verdict: s.Verdict, Rows: s.Rows, Accepted: s.Accepted, SetAside: s.SetAside, Totals: s.Totals, Removals: s.Removals, Findings: s.Findings, Held: heldOf(s),
	}
}

// heldOf is never null.
func heldOf(s trial.Side) map[roster.Field]int {
	if s.Held == nil {
		return map[roster.Field]int{}
	}
	return s.Held
}

// tenantListJSON is `tenant list`.
type tenantListJSON struct {
	SchemaVersion int          `json:"schema_version"`
	Total         int          `json:"total"`
	Tenants       []tenantJSON `json:"tenants"`
}

// tenantJSON is a tenant in a list.
type tenantJSON struct {
	Tenant  tenant.ID      `json:"tenant"`
	Name    string         `json:"name"`
	State   tenant.State   `json:"state"`
	Version int            `json:"version"`
	Imports int            `json:"imports"`
	Cadence tenant.Cadence `json:"cadence"`
	NextDue string         `json:"next_due"`
	// Unreadable is why this release can't understand the current version of the file, and then name, cadence and next_due are empty; "" where it can.
	Unreadable string `json:"unreadable"`
}

func tenantOf(v registrar.TenantView, now time.Time) tenantJSON {
	told := tenantJSON{Tenant: v.ID, State: v.State, Version: v.Version, Imports: v.Imports}
	if v.Unreadable != nil {
		told.Unreadable = v.Unreadable.Error()
		return told
	}
	told.Name, told.Cadence, told.NextDue = v.File.Name, v.File.Upload.Cadence, timeJSON(v.File.Upload.NextDue(now))
	return told
}

// tenantShowJSON is `tenant show`, and what the commands that change a tenant's state print.
type tenantShowJSON struct {
	SchemaVersion int `json:"schema_version"`
	tenantJSON
	AppliedAt string          `json:"applied_at"` // since when the version is current
	Due       string          `json:"due"`        // when rosters are due, in words
	Zone      string          `json:"zone"`
	Contacts  []contactJSON   `json:"contacts"`
	Columns   []columnJSON    `json:"columns"`
	Steps     []stepJSON      `json:"steps"`
	Setup     []setupStepJSON `json:"setup"`   // the guide's six steps, in order
	Missing   []string        `json:"missing"` // steps of setting up that nobody has vouched for
	Schedule  scheduleJSON    `json:"schedule"`
}

// setupStepJSON is one of the guide's steps: whose it is, where it stands, what there is to see of it and what is to be done.
type setupStepJSON struct {
	Step     tenant.SetupStep `json:"step"`
	Title    string           `json:"title"`
	Owner    string           `json:"owner"`
	State    string           `json:"state"` // open or done
	By       string           `json:"by"`
	At       string           `json:"at"`
	Evidence string           `json:"evidence"`
	Next     string           `json:"next"`
}

func setupStepOf(s registrar.SetupStep) setupStepJSON {
	state := "open"
	if s.Done {
		state = "done"
	}
	return setupStepJSON{Step: s.Step, Title: s.Title, Owner: s.Owner, State: state, By: s.By, At: timeJSON(s.At), Evidence: s.Evidence, Next: s.Next}
}

// tenantFileJSON is `tenant show --file`.
type tenantFileJSON struct {
	SchemaVersion int       `json:"schema_version"`
	Tenant        tenant.ID `json:"tenant"`
	Version       int       `json:"version"`
	AppliedAt     string    `json:"applied_at"`
	Source        string    `json:"source"` // the YAML as it was applied
}

type contactJSON struct {
	Role   tenant.Role `json:"role"`
	Name   string      `json:"name"`
	Email  string      `json:"email"`
	Locale string      `json:"locale"`
}

type columnJSON struct {
	Column     string            `json:"column"`
	To         roster.Field      `json:"to"`
	Visibility roster.Visibility `json:"visibility"`
	Values     []string          `json:"values"`
	Unknown    mapping.Unknown   `json:"unknown"`
	Blank      mapping.Blank     `json:"blank"`
}

type stepJSON struct {
	Step   string `json:"step"`
	By     string `json:"by"`
	At     string `json:"at"`
	Reason string `json:"reason"`
}

// scheduleJSON is a tenant's schedule. Known is false where Temporal did not answer.
type scheduleJSON struct {
	Known  bool   `json:"known"`
	Paused bool   `json:"paused"`
	Note   string `json:"note"`
}

func tenantShowOf(v registrar.TenantView, now time.Time, scheduleKnown bool) tenantShowJSON {
	shown := tenantShowJSON{
		SchemaVersion: schemaVersion, tenantJSON: tenantOf(v, now), Zone: v.File.Upload.Zone, Contacts: []contactJSON{}, Columns: []columnJSON{}, Steps: []stepJSON{}, Missing: []string{},
		AppliedAt: timeJSON(v.AppliedAt), Due: v.File.Upload.DueSentence(), Setup: []setupStepJSON{},
		Schedule: scheduleJSON{Known: scheduleKnown, Paused: v.Paused, Note: v.Note},
	}
	for _, c := range v.File.Contacts {
		shown.Contacts = append(shown.Contacts, contactJSON(c))
	}
	for _, c := range v.File.Mapping.Columns {
		shown.Columns = append(shown.Columns, columnJSON{Column: c.Title, To: c.Field, Visibility: c.Visibility, Values: listed(c.Values), Unknown: c.Unknown, Blank: c.Blank})
	}
	for _, s := range v.Steps {
		shown.Steps = append(shown.Steps, stepJSON{Step: s.Step, By: s.By, At: timeJSON(s.At), Reason: s.Reason})
	}
	for _, s := range v.Setup {
		shown.Setup = append(shown.Setup, setupStepOf(s))
	}
	for _, s := range v.Missing() {
		shown.Missing = append(shown.Missing, string(s))
	}
	return shown
}

// keyListJSON is `key list`, and `key add` with the one key.
type keyListJSON struct {
	SchemaVersion int       `json:"schema_version"`
	Tenant        tenant.ID `json:"tenant"`
	Total         int       `json:"total"`
	Keys          []keyJSON `json:"keys"`
}

type keyJSON struct {
	Fingerprint string `json:"fingerprint"`
	Algorithm   string `json:"algorithm"`
	Label       string `json:"label"`
	AddedAt     string `json:"added_at"`
	LastUsedAt  string `json:"last_used_at"`
}

func keyListOf(id tenant.ID, keys []inbox.Key) keyListJSON {
	list := keyListJSON{SchemaVersion: schemaVersion, Tenant: id, Total: len(keys), Keys: []keyJSON{}}
	for _, k := range keys {
		list.Keys = append(list.Keys, keyJSON{
			Fingerprint: k.Fingerprint, Algorithm: k.Algorithm, Label: k.Label, AddedAt: timeJSON(k.AddedAt), LastUsedAt: timeJSON(k.LastUsedAt),
		})
	}
	return list
}
