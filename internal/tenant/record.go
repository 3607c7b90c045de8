package tenant

import (
	"errors"
	"time"
)

// ErrOtherVersion says that a tenant's file is at another version than the one that was looked at.
var ErrOtherVersion = errors.New("the tenant's file is at another version by now")

// ErrChangedMeanwhile says that a tenant is no longer as it was when somebody looked at it.
var ErrChangedMeanwhile = errors.New("the tenant was changed meanwhile")

// An Activation is a tenant's way from being set up to being active, and what was seen of the tenant by whoever decided on it.
type Activation struct {
	By     string
	Reason string // why steps of setting up are skipped; "" where they are not
	// Version is the current version of the file that was seen, and Answer the number of the customer's newest answer, 0 where there was none.
	Version int
	Answer  int64
}

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
