package main

import (
	"time"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
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
}

func tenantOf(v registrar.TenantView, now time.Time) tenantJSON {
	return tenantJSON{
		Tenant: v.ID, Name: v.File.Name, State: v.State, Version: v.Version, Imports: v.Imports, Cadence: v.File.Upload.Cadence, NextDue: timeJSON(v.File.Upload.NextDue(now)),
	}
}

// tenantShowJSON is `tenant show`, and what the commands that change a tenant's state print.
type tenantShowJSON struct {
	SchemaVersion int `json:"schema_version"`
	tenantJSON
	Zone     string        `json:"zone"`
	Contacts []contactJSON `json:"contacts"`
	Columns  []columnJSON  `json:"columns"`
	Steps    []stepJSON    `json:"steps"`
	Missing  []string      `json:"missing"` // steps of setting up that nobody has vouched for
	Schedule scheduleJSON  `json:"schedule"`
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
