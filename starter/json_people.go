package main

import (
	"maps"

	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// The rule of compatibility is in json.go.

// memberJSON is a member.
type memberJSON struct {
	ID           string                  `json:"id"`
	UniqueID     string                  `json:"unique_id"`
	Email        string                  `json:"email"`
	FirstName    string                  `json:"first_name"`
	LastName     string                  `json:"last_name"`
	State        directory.State         `json:"state"`
	Fields       map[roster.Field]string `json:"fields"` // of every field that has a value, those above included
	DeletedUntil string                  `json:"deleted_until"`
}

func memberOf(m directory.Member) memberJSON {
	fields := maps.Clone(m.Values)
	if fields == nil {
		fields = map[roster.Field]string{}
	}
	return memberJSON{
		ID: m.ID, UniqueID: m.Value(roster.UniqueID), Email: m.Value(roster.Email), FirstName: m.Value(roster.FirstName), LastName: m.Value(roster.LastName),
		State: m.State, Fields: fields, DeletedUntil: timeJSON(m.DeletedUntil),
	}
}

// memberSearchJSON is `member search`.
type memberSearchJSON struct {
	SchemaVersion int          `json:"schema_version"`
	Total         int          `json:"total"` // of all that match
	Members       []memberJSON `json:"members"`
}

func memberSearchOf(members []directory.Member, total int) memberSearchJSON {
	all := make([]memberJSON, len(members))
	for i, m := range members {
		all[i] = memberOf(m)
	}
	return memberSearchJSON{SchemaVersion: schemaVersion, Total: total, Members: all}
}

// memberShowJSON is `member show`.
type memberShowJSON struct {
	SchemaVersion int        `json:"schema_version"`
	Member        memberJSON `json:"member"`
}

// mailJSON is a mail.
type mailJSON struct {
	ID     string          `json:"id"`
	Kind   invite.Kind     `json:"kind"`
	To     string          `json:"to"`
	State  invite.State    `json:"state"`
	Import tenant.ImportID `json:"import"`
	At     string          `json:"at"` // of its last change
}

// mailListJSON is `mail list`.
type mailListJSON struct {
	SchemaVersion int        `json:"schema_version"`
	Total         int        `json:"total"` // of all that match
	Mails         []mailJSON `json:"mails"`
}

// mailResendJSON is `mail resend`.
type mailResendJSON struct {
	SchemaVersion int          `json:"schema_version"`
	ID            string       `json:"id"`
	Tenant        tenant.ID    `json:"tenant"`
	State         invite.State `json:"state"`
}

func mailListOf(mails []invite.Entry, total int) mailListJSON {
	all := make([]mailJSON, len(mails))
	for i, m := range mails {
		all[i] = mailJSON{ID: m.ID, Kind: m.Kind, To: m.To, State: m.State, Import: m.Import, At: timeJSON(m.At)}
	}
	return mailListJSON{SchemaVersion: schemaVersion, Total: total, Mails: all}
}
