package batch

import (
	"fmt"
	"slices"
	"strings"

	"rollcall.internal/internal/roster"
)

// String returns h as ParseSnapshotHead reads it: its fields, those that are hashed and the seed, with semicolons between them.
func (h SnapshotHead) String() string {
	return joinFields(h.Fields) + ";" + joinFields(h.Hashed) + ";" + h.Seed.String()
}

// ParseSnapshotHead reads what String writes. What it can't read is ErrLayout.
func ParseSnapshotHead(s string) (SnapshotHead, error) {
	parts := strings.Split(s, ";")
	if len(parts) != 3 {
		return SnapshotHead{}, fmt.Errorf("read snapshot head: %w", ErrLayout)
	}
	seed, err := parseSeed(parts[2])
	if err != nil {
		return SnapshotHead{}, fmt.Errorf("read snapshot head: %w", err)
	}
	return SnapshotHead{Fields: splitFields(parts[0]), Hashed: splitFields(parts[1]), Seed: seed}, nil
}

// Serves reports whether a snapshot of head h can stand for one of head want: it has the same hashes, and every field that is wanted, in whatever order.
func (h SnapshotHead) Serves(want SnapshotHead) bool {
	missing := func(f roster.Field) bool { return !slices.Contains(h.Fields, f) }
	return h.Seed == want.Seed && slices.Equal(h.Hashed, want.Hashed) && !slices.ContainsFunc(want.Fields, missing)
}
