// Package inbox is the vocabulary of deliveries: what a customer uploads, under which name, and when it counts as whole.
//
// # A delivery
//
// A [Delivery] is one upload of one file. It has an id of its own; the name that the client gave it is a value in a row and never a path of the
// operating system. What a client calls "roster.csv" is the newest delivery of that name that it may still see, so overwriting a file makes a
// new delivery and leaves the old bytes alone. That is what makes a claimed delivery immutable without locking anybody out: whoever writes to its
// name again starts a new one.
//
// # The life of one
//
//	open ──► closed ──► settled ──► claimed ──► archived
//	   └──► broken         (each but claimed and archived may also end replaced or removed)
//
// A CLOSE alone does not say that an upload is whole: OpenSSH's sftp interrupted by Ctrl-C, and a Paramiko whose local read fails, both send
// a normal CLOSE on a file that is cut short. So a closed delivery waits until it has been quiet for a while, nobody writes to its name, and the name is not one
// that clients use while they are at it ([Settings.Settled]); one whose last record has no line end waits longer. Only then may a run claim it.
//
// # Names
//
// [CleanName] takes what a client sent to the one form in which names are stored and compared: NFC, because a Mac sends é as two characters and a PC as
// one. Characters that can't be seen, or that change how what follows is read, are refused: a person approves by the name they see.
package inbox

import (
	"errors"
	"time"

	"rollcall.internal/internal/tenant"
)

// What a store of deliveries says about a name; each is told to the client in its own way.
var (
	// ErrNotFound: no delivery that the client may see has the name.
	ErrNotFound = errors.New("no such delivery")
	// ErrExists: the name is taken and was not to be replaced.
	ErrExists = errors.New("name is taken")
	// ErrClaimed: a run has the delivery, so it can be neither renamed nor removed.
	ErrClaimed = errors.New("delivery is claimed")
	// ErrSuperseded: the upload is no longer the one of its name, because a newer one took it or the client removed it.
	ErrSuperseded = errors.New("upload was superseded")
)

// VisibleFor is how long a client still sees a delivery after its CLOSE or rename, though a run has it: clients such as rclone, WinSCP and Paramiko
// compare the size afterwards, and a person looks whether the file is there.
const VisibleFor = 24 * time.Hour

// StalledAfter is how long a writer may be silent before it no longer keeps an upload of the same name that was finished later from settling: what is left of a
// connection that broke is noticed only after minutes, and the customer has long sent the file again.
const StalledAfter = time.Minute

// An ID names a delivery: a UUID, version 7, in its text form.
type ID string

// String returns the text form.
func (id ID) String() string { return string(id) }

// A Folder is one of the places of a tenant's login folder that are for uploads.
type Folder string

const (
	// Inbox is "/": what settles here is imported.
	Inbox Folder = "inbox"
	// Check is "/check", the place of pre-flights: files to be checked and answered under /reports, which change nothing. Nothing answers them yet, so the server
	// lists it and takes nothing there.
	Check Folder = "check"
)

// Valid reports whether f is one of the folders above.
func (f Folder) Valid() bool { return f == Inbox || f == Check }

// A Place is where a client finds a delivery: its folder and its name, which is what [CleanName] made of it.
type Place struct {
	Folder Folder
	Name   string
}

// A State is where a delivery stands on its way to a run.
type State string

const (
	// Open: a client is writing it. The client acts next.
	Open State = "open"
	// Broken: the connection ended in the middle, or the bytes have a hole. What came is kept. The client acts next, by resuming or sending it again.
	Broken State = "broken"
	// Closed: the client closed it and its bytes are stored. The settler acts next, after the quiet time.
	Closed State = "closed"
	// Settled: it is whole. A run acts next, by claiming it.
	Settled State = "settled"
	// Claimed: a run has it, and it never changes again. The run acts next.
	Claimed State = "claimed"
	// Archived: its run has ended, or a newer one was taken instead. Nobody acts.
	Archived State = "archived"
	// Replaced: before it was claimed, another delivery took its name. Nobody acts.
	Replaced State = "replaced"
	// Removed: the client removed it before it was claimed, or opened it and wrote nothing. Nobody acts.
	Removed State = "removed"
)

// Valid reports whether s is one of the states above.
func (s State) Valid() bool {
	switch s {
	case Open, Broken, Closed, Settled, Claimed, Archived, Replaced, Removed:
		return true
	}
	return false
}

// Unclaimed reports whether the client may still rename or remove a delivery in this state.
func (s State) Unclaimed() bool {
	return s == Open || s == Broken || s == Closed || s == Settled
}

// A Delivery is one upload of one file.
type Delivery struct {
	Tenant tenant.ID
	ID     ID
	Place
	State State
	// Bytes and SHA256 (64 hexadecimal digits) name the stored bytes. Both are zero where nothing is stored yet; while it is open they are those of the
	// version that the client began from.
	Bytes  int64
	SHA256 string
	// Fingerprint is of the key that the client logged in with.
	Fingerprint string
	// Torn says that the last record has no line end, so it may have been cut.
	Torn bool
	// Writing says that another upload of the same name is under way.
	Writing bool

	OpenedAt  time.Time
	NamedAt   time.Time // when it last took its name: by OPEN, by CLOSE or by a rename; the newest of a name is what clients see
	ChangedAt time.Time // the last write, rename or change of attributes by the client
	SettledAt time.Time // zero until settled
	WokenAt   time.Time // when a run was last triggered for it; zero where none was
	ImportN   int       // the import that claimed it; 0 where none did
}

// An Ending is what became of an upload: what is stored of it, and whether the client closed it (Closed) or was lost (Broken).
type Ending struct {
	State  State
	Bytes  int64
	SHA256 string
	Torn   bool
	// ChangedAt is the last write; At is now.
	ChangedAt, At time.Time
}
