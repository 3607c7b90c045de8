// Package tenant says who a roster belongs to and what was agreed with them.
//
// A tenant is one customer organisation. Everything that was agreed with it stands in one file, [File]: whom to tell,
// how and when rosters arrive, which column means what, what happens to people who are missing, who must approve.
// A file is written as YAML by a CSM (package tenantfile reads it), is validated whole by [File.Validate], and is stored as an
// immutable version: an import names the version that it was read under.
package tenant

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// An ID names a tenant. It is also the tenant's SFTP user name and a part of every path, workflow id and import id.
// Only [ParseID] makes one from text.
type ID string

// 50 characters leave room for the id inside a workflow id and an SSH user name.
var idPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$`)

// ParseID returns s as an ID. The grammar: 1 to 50 lower-case ASCII letters, digits and hyphens, neither starting nor
// ending in a hyphen.
func ParseID(s string) (ID, error) {
	if !idPattern.MatchString(s) {
		return "", fmt.Errorf("%q is not a tenant id: use 1 to 50 lower-case letters, digits and hyphens, with no hyphen at either end", s)
	}
	return ID(s), nil
}

// An ImportID names one import of a tenant: the N-th, counted from 1. Its text form is "acme-3", the same in commands,
// addresses, receipts, mails and search attributes.
type ImportID struct {
	Tenant ID
	N      int
}

// ParseImportID reads the text form of an import id. The number is what follows the last hyphen, so that a tenant
// called "acme-2" is no trouble.
func ParseImportID(s string) (ImportID, error) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return ImportID{}, fmt.Errorf("%q is not an import id: it is written like acme-3", s)
	}
	id, err := ParseID(s[:i])
	if err != nil {
		return ImportID{}, fmt.Errorf("%q is not an import id: it is written like acme-3", s)
	}
	n, err := strconv.Atoi(s[i+1:])
	if err != nil || n < 1 || strconv.Itoa(n) != s[i+1:] {
		return ImportID{}, fmt.Errorf("%q is not an import id: it is written like acme-3", s)
	}
	return ImportID{Tenant: id, N: n}, nil
}

// String returns the text form, "acme-3"; the zero value is the empty string.
func (i ImportID) String() string {
	if i == (ImportID{}) {
		return ""
	}
	return fmt.Sprintf("%s-%d", i.Tenant, i.N)
}

// MarshalText implements encoding.TextMarshaler, so that JSON and Temporal payloads hold the text form.
func (i ImportID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *ImportID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*i = ImportID{}
		return nil
	}
	id, err := ParseImportID(string(text))
	if err != nil {
		return err
	}
	*i = id
	return nil
}

// A State is where a tenant stands on the way to being served.
type State string

const (
	// SettingUp: not activated; imports end rehearsed and nothing is applied. The CSM acts next.
	SettingUp State = "setting_up"
	// Active: uploads are planned, decided and applied. The customer acts next, by uploading.
	Active State = "active"
	// Paused: uploads are taken and answered, but no run starts, nothing is applied and no member is mailed. The CSM acts next.
	Paused State = "paused"
)

// Valid reports whether s is one of the states above.
func (s State) Valid() bool { return s == SettingUp || s == Active || s == Paused }

// A SetupStep is one of the steps of the guide that stand before a tenant's activation.
type SetupStep string

// The steps, in the guide's order. Each is recorded with the name of the person who vouches for it.
const (
	StepFrequency    SetupStep = "frequency"
	StepMapping      SetupStep = "mapping"
	StepSample       SetupStep = "sample"
	StepReview       SetupStep = "review"
	StepVerification SetupStep = "verification"
)

// SetupSteps returns the steps that an activation asks for, in order.
func SetupSteps() []SetupStep {
	return []SetupStep{StepFrequency, StepMapping, StepSample, StepReview, StepVerification}
}

// ParseSetupStep returns s as a step, or an error that lists them.
func ParseSetupStep(s string) (SetupStep, error) {
	for _, step := range SetupSteps() {
		if string(step) == s {
			return step, nil
		}
	}
	return "", fmt.Errorf("%q is not a step of setting up: use frequency, mapping, sample, review or verification", s)
}
