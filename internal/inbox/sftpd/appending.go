package sftpd

import (
	"time"

	"github.com/pkg/sftp"
)

// An appending says how the offsets of a client that opened with APPEND are meant. The protocol says that they are ignored, and a server that writes to the end in the
// order of the requests may do that. Here writes are carried out side by side, so their order has to come from the offsets, and clients differ: OpenSSH and Paramiko count
// from the start of the file, libssh2 (curl) from where they began.
type appending int

const (
	notAppending appending = iota
	undecided              // no write has come yet
	absolute               // counted from the start of the file
	relative               // counted from its end as it was at OPEN
)

// decideWithin is how long writes wait for the one that decides. It was sent first, so it is being carried out already.
const decideWithin = 5 * time.Second

// appendOffset returns where a write belongs. The first write that the client sent decides, which is the one at 0 or at the old end; others wait for it. The caller
// holds u.mu.
func (u *upload) appendOffset(offset int64) (int64, error) {
	if u.append == undecided {
		switch offset {
		case u.base:
			u.decide(absolute)
		case 0:
			u.decide(relative)
		default:
			u.awaitDecision()
		}
	}
	switch {
	case u.append == relative:
		return u.base + offset, nil
	case u.append == undecided || u.append == absolute && offset < u.base:
		return 0, refuse(sftp.ErrSSHFxFailure, "the offset is not at the end of the file")
	}
	return offset, nil
}

func (u *upload) decide(how appending) {
	u.append = how
	u.order.Broadcast()
}

func (u *upload) awaitDecision() {
	late := false
	timer := time.AfterFunc(decideWithin, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		late = true
		u.order.Broadcast()
	})
	defer timer.Stop()
	for u.append == undecided && !late && !u.failed {
		u.order.Wait()
	}
}
