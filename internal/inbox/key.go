package inbox

import (
	"errors"
	"time"
)

// ErrKeyExists says that a key was added to its tenant before.
var ErrKeyExists = errors.New("key is there already")

// A Key is a public key that opens one tenant's inbox. The same key may open several tenants: the user name tells which is meant.
type Key struct {
	Fingerprint string // "SHA256:..." as OpenSSH prints it
	Algorithm   string // such as "ssh-ed25519"
	PublicKey   string // one line of an authorized_keys file, without its comment
	Label       string // what people call it
	AddedAt     time.Time
	LastUsedAt  time.Time // zero where it never was
}
