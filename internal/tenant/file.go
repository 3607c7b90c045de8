package tenant

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// A File is all that was agreed with a tenant, as its file says it with the defaults filled in. [File.Validate] says whether it can
// be honoured; what can't is refused.
type File struct {
	Tenant    ID
	Name      string // the organisation's, as members read it in an invitation
	Contacts  []Contact
	Upload    Upload
	Mapping   mapping.Mapping
	People    People
	Approval  Approval
	Retention Retention
}

// RulesDigest names what of the file decides what a roster changes: the mapping and the rules about people. Two files that differ in contacts, due dates or protected people
// alone have one. It is 64 hexadecimal digits.
func (f File) RulesDigest() string {
	rules := f.People
	rules.Protect = nil                                                                      // may change at any time without making a roster say anything else
	text, _ := json.Marshal([]any{"rollcall rules 1", f.Mapping, rules, f.Upload.Delimiter}) // texts, numbers, and maps of texts: it can't fail
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// A Role is what a contact does for the roster; each hears what concerns it.
type Role string

// The roles of the guide.
const (
	ProgramOwner   Role = "program_owner"
	ProjectManager Role = "project_manager"
	TechnicalSFTP  Role = "technical_sftp"
	TechnicalHRIS  Role = "technical_hris"
	CSM            Role = "csm"
)

// Valid reports whether r is one of the guide's roles.
func (r Role) Valid() bool {
	switch r {
	case ProgramOwner, ProjectManager, TechnicalSFTP, TechnicalHRIS, CSM:
		return true
	}
	return false
}

// A Contact is a person to tell. Contacts are personal data: they stay in Postgres.
type Contact struct {
	Role   Role
	Name   string
	Email  string
	Locale string // en-US or fr-CA; defaults to en-US
}

// UploaderLocale returns the language of whoever uploads: that of the first technical contact, en-US where there is none.
func (f File) UploaderLocale() string {
	for _, role := range []Role{TechnicalSFTP, TechnicalHRIS} {
		for _, c := range f.Contacts {
			if c.Role == role && c.Locale != "" {
				return c.Locale
			}
		}
	}
	return roster.EnUS
}

// An Upload says how and when rosters arrive.
type Upload struct {
	Source    Source
	Cadence   Cadence
	Calendar  Calendar // where the cadence is a calendar; zero otherwise
	Due       Due
	Zone      string        // IANA name, such as America/Toronto
	Grace     time.Duration // how late an upload may be before anybody is told
	File      string        // pattern of file names; it holds {MM.DD.YYYY} once, or is empty
	Delimiter rune          // , ; tab or |
	MaxRows   int           // data rows; 10 million where the file says nothing
	MaxBytes  int64         // 4 GiB where the file says nothing
	// FailOnBadFile makes the close of an upload fail where the file fails the quick look, so that the customer's script hears of it at once; true where the file
	// says nothing. Some senders upload again and again for ever when a close fails: for them it is false.
	FailOnBadFile bool
}

// A Source says which side holds the SFTP server.
type Source string

// Hosted is Rollcall's own SFTP server. The customer's own server as a source is not honoured yet, so a tenant file that asks for it
// is refused.
const Hosted Source = "hosted"

// A Missing says what happens to people who are no longer in the file.
type Missing string

// What may happen to people who are missing.
const (
	MissingDelete     Missing = "delete"
	MissingDeactivate Missing = "deactivate"
	MissingKeep       Missing = "keep"
)

// Valid reports whether m is one of the above.
func (m Missing) Valid() bool {
	return m == MissingDelete || m == MissingDeactivate || m == MissingKeep
}

// An InvitePolicy says when a new person is invited.
type InvitePolicy string

// The policies.
const (
	InviteAfterApproval InvitePolicy = "after_approval"
	InviteOnStartDate   InvitePolicy = "on_start_date"
	InviteNever         InvitePolicy = "never"
)

// Valid reports whether p is one of the policies.
func (p InvitePolicy) Valid() bool {
	return p == InviteAfterApproval || p == InviteOnStartDate || p == InviteNever
}

// People are the rules about members.
type People struct {
	Missing      Missing
	MissingAfter int // applied files in a row that a person must be absent from; at least 1
	// Ineligible says what happens to an account whose holder is no longer eligible: keep or deactivate.
	Ineligible Missing
	// EligibleWhen makes people eligible by another field's values, where program_eligibility is not mapped; nil: not used.
	EligibleWhen map[roster.Field][]string
	Invite       InvitePolicy
	Protect      []string // folded addresses of people whom no file removes
}

// An ApprovalMode says whether an import without anything unusual waits for a person.
type ApprovalMode string

// The modes.
const (
	ApproveAlways       ApprovalMode = "always"
	ApproveWithinLimits ApprovalMode = "within_limits"
)

// Approval is how imports of the tenant are decided.
type Approval struct {
	Mode ApprovalMode
}

// Retention says how long files and deleted people are kept.
type Retention struct {
	Files   time.Duration
	Deleted time.Duration // at least 30 days
}
