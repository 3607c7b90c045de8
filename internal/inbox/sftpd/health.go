package sftpd

import (
	"sync"
	"time"
)

// unwellFor is how long a server counts as unwell after an upload failed for its own fault, unless another succeeds: longer than the silence that counts as being away (lateness.Gap), so that one
// customer's upload in the night that failed is remembered.
const unwellFor = 2 * time.Minute

// Well reports whether customers can upload: the server listens and is not told to end, and no upload has failed for its own fault lately, unless one has been stored since.
func (s *Server) Well() bool {
	return s.serving.Load() && !s.draining.Load() && !s.health.failing(s.Clock.Now())
}

// health remembers the last upload that failed for our own fault. The zero value is well.
type health struct {
	mu     sync.Mutex
	failed time.Time // zero where an upload was stored since
}

func (h *health) fail(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed = now
}

func (h *health) succeed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed = time.Time{}
}

func (h *health) failing(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.failed.IsZero() && now.Sub(h.failed) < unwellFor
}
