package tenant

import (
	"errors"
	"time"
)

// ErrOtherVersion says that a tenant's file is at another version than the one that was looked at.
var ErrOtherVersion = errors.New("the tenant's file is at another version by now")

// A Record is what is known of a tenant besides its file. It holds no personal data.
type Record struct {
	ID        ID
	State     State
	Version   int // the current version of its file
	Imports   int // how many there were
	CreatedAt time.Time
}

// A FileVersion is one immutable version of a tenant's file.
type FileVersion struct {
	Version   int
	Digest    string // of what it says; comments and order do not count
	Rules     string // File.RulesDigest
	Source    []byte // the YAML as a CSM wrote it
	AppliedAt time.Time
}

// A StepDone is a step of setting up that somebody vouched for.
type StepDone struct {
	Step   string // a SetupStep, or "activation"
	By     string
	At     time.Time
	Reason string // why activation skipped the steps before it; "" where it did not
}
