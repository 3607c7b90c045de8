// Package roster is the vocabulary of a roster: its fields, the values that a field may hold, the identity of a person,
// and the findings about a file.
//
// A roster is the list of all people of a tenant at one moment, as the customer's file tells it after it was read under the
// tenant's mapping. This package knows no CSV, no Arrow and no database: it holds the words that all of them share.
//
// # Values
//
// Every value is text in its stored form: trimmed, in Unicode's composed form (NFC), a date as YYYY-MM-DD. A roster tells three
// things apart for each field of a person: a value; empty, which clears the field; and absent, which leaves it as it was
// (the cell was set aside, or the mapping says that a blank keeps).
//
// # Identity
//
// A person is known by the unique ID, then by the e-mail address. Unique IDs are compared byte for byte (they are text: 007 is
// not 7); addresses by their folded form, see [FoldEmail].
package roster

import (
	"fmt"
	"regexp"
	"strings"
)

// A Field is a field of a member's profile: one of the fixed names below, "diversity.NAME" or "custom.NAME".
// Only [ParseField] makes one from text.
type Field string

// The fixed fields, as the hub's guide for customers names them.
const (
	FirstName               Field = "first_name"
	LastName                Field = "last_name"
	Email                   Field = "email"
	UniqueID                Field = "unique_id"
	ProgramEligibility      Field = "program_eligibility"
	Status                  Field = "status"
	JobFunction             Field = "job_function"
	JobFamily               Field = "job_family"
	ManagementLevel         Field = "management_level"
	HireStartDate           Field = "hire_start_date"
	MostRecentRoleStartDate Field = "most_recent_role_start_date"
	BusinessUnit            Field = "business_unit"
	SupervisorOrganization  Field = "supervisor_organization"
	Department              Field = "department"
	City                    Field = "city"
	Country                 Field = "country"
	PeopleManagerStatus     Field = "people_manager_status"
	HighPotentialStatus     Field = "high_potential_status"
	FirstLevelSupervisor    Field = "first_level_supervisor"
	SecondLevelSupervisor   Field = "second_level_supervisor"
	ThirdLevelSupervisor    Field = "third_level_supervisor"
	Locale                  Field = "locale"
	RoleReasonChangeCode    Field = "role_reason_change_code"
)

// A Kind says how a field's cells are read.
type Kind string

// The kinds.
const (
	Text    Kind = "text"    // any Unicode text
	Date    Kind = "date"    // MM/DD/YYYY in a file, YYYY-MM-DD once read
	Choice  Kind = "choice"  // one of a fixed set, see Field.Choices
	Address Kind = "address" // one bare e-mail address
)

// The values of the fixed sets that rules are written about.
const (
	StatusActive   = "active"
	StatusInactive = "inactive"
	Eligible       = "eligible"
	Ineligible     = "ineligible"
	EnUS           = "en-US"
	FrCA           = "fr-CA"
)

var fixedFields = map[Field]Kind{
	FirstName: Text, LastName: Text, Email: Address, UniqueID: Text, ProgramEligibility: Choice, Status: Choice,
	JobFunction: Text, JobFamily: Text, ManagementLevel: Text, HireStartDate: Date, MostRecentRoleStartDate: Date,
	BusinessUnit: Text, SupervisorOrganization: Text, Department: Text, City: Text, Country: Text,
	PeopleManagerStatus: Choice, HighPotentialStatus: Choice, FirstLevelSupervisor: Text, SecondLevelSupervisor: Text,
	ThirdLevelSupervisor: Text, Locale: Choice, RoleReasonChangeCode: Text,
}

var freeField = regexp.MustCompile(`^(?:diversity|custom)\.[a-z][a-z0-9_]{0,62}$`)

// ParseField returns s as a Field: a fixed name, or diversity.NAME or custom.NAME where NAME is lower-case letters, digits
// and underscores, starting with a letter.
func ParseField(s string) (Field, error) {
	if _, ok := fixedFields[Field(s)]; ok || freeField.MatchString(s) {
		return Field(s), nil
	}
	return "", fmt.Errorf("%q is not a profile field: use one of the guide's, or diversity.NAME or custom.NAME", s)
}

// Kind says how the field's cells are read; fields of one's own (diversity, custom) are text.
func (f Field) Kind() Kind {
	if k, ok := fixedFields[f]; ok {
		return k
	}
	return Text
}

// Choices returns the fixed set of a [Choice] field, in the guide's order, and nil for other fields.
func (f Field) Choices() []string {
	switch f {
	case Status:
		return []string{StatusActive, StatusInactive}
	case ProgramEligibility:
		return []string{Eligible, Ineligible}
	case PeopleManagerStatus, HighPotentialStatus:
		return []string{"yes", "no"}
	case Locale:
		return []string{EnUS, FrCA}
	}
	return nil
}

// Required reports whether a mapping must map the field and a row must fill it.
func (f Field) Required() bool { return f == FirstName || f == LastName || f == Email }

// Identifying reports whether the field tells who a person is; a finding on it sets the whole row aside.
func (f Field) Identifying() bool { return f == Email || f == UniqueID }

// KeepsWhenBlank reports whether a blank cell always leaves the field as it was, whatever the mapping says: clearing an identity,
// a status, an eligibility or a language is never what an empty cell means.
func (f Field) KeepsWhenBlank() bool {
	return f == UniqueID || f == Status || f == ProgramEligibility || f == Locale
}

// Diversity reports whether the field holds a characteristic that is private unless the tenant says otherwise.
func (f Field) Diversity() bool { return strings.HasPrefix(string(f), "diversity.") }

// A Visibility says who sees a field: every member, or admins alone.
type Visibility string

// The visibilities.
const (
	Public  Visibility = "public"
	Private Visibility = "private"
)

// Valid reports whether v is public or private.
func (v Visibility) Valid() bool { return v == Public || v == Private }
