package snapshot

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// An Outcome says what became of a snapshot that was to be published after an apply.
type Outcome string

const (
	// Refreshed: the next snapshot was made of the last one and the people whom the apply changed.
	Refreshed Outcome = "refreshed"
	// Rebuilt: it was made from Postgres, because the apply changed too large a part of the directory, or the last one could not be read.
	Rebuilt Outcome = "rebuilt"
	// Current: the last snapshot is of the present epoch: nothing was applied, or this was done before.
	Current Outcome = "current"
	// Overtaken: somebody else changed members too, or the changes that were given are not all that were applied. The next comparison makes a snapshot.
	Overtaken Outcome = "overtaken"
	// Unfounded: there is no last snapshot to make the next one of. The next comparison makes one.
	Unfounded Outcome = "unfounded"
)

// errLeftOut says that the changes that were given are not all that were applied.
var errLeftOut = errors.New("people were changed who are not in the change set")

// An apply that touches more people than fewTouched, and more than a quarter of the directory, is not refreshed but rebuilt; nor is one that touches more than mostTouched, whose people would take too much
// memory.
const fewTouched, mostTouched = 50_000, 200_000

// aMember is about what a member takes in a snapshot, in bytes.
const aMember = 200

// Publish makes the snapshot that holds after the import's apply, which has ended, and publishes it. changes are those that were released for it, at least: whoever of them was set aside is as
// before. It may be called again. That nothing was published is no error.
func (s *Store) Publish(ctx context.Context, imp tenant.ImportID, changes iter.Seq2[changeset.Change, error]) (Outcome, error) {
	base, epoch, err := s.directory.PublishedSnapshot(ctx, imp.Tenant)
	switch {
	case err != nil:
		return "", fmt.Errorf("publish snapshot after %s: %w", imp, err)
	case base.Ref.IsZero():
		return Unfounded, nil
	case base.Epoch == epoch:
		return Current, nil
	}
	touched, few, err := touchedBy(changes, min(max(fewTouched, int(base.Ref.Bytes/aMember/4)), mostTouched))
	if err != nil {
		return "", fmt.Errorf("publish snapshot after %s: %w", imp, err)
	}
	if few {
		outcome, err := s.refresh(ctx, imp, base, touched)
		if outcome != Rebuilt {
			return outcome, err
		}
	}
	if _, err := s.rebuild(ctx, imp.Tenant, base.Head); err != nil {
		return "", err
	}
	return Rebuilt, nil
}

// touchedBy gathers whom changes are about. few is false where they are more than most.
func touchedBy(changes iter.Seq2[changeset.Change, error], most int) (t Touched, few bool, err error) {
	for c, err := range changes {
		if err != nil {
			return t, false, err
		}
		if len(t.IDs)+len(t.Addresses) == most {
			return t, false, nil
		}
		if c.Op == changeset.Create {
			t.Addresses = append(t.Addresses, roster.FoldEmail(c.Email))
			continue
		}
		id, err := batch.ParseMemberID(c.Member)
		if err != nil {
			return t, false, err
		}
		t.IDs = append(t.IDs, id)
	}
	return t, true, nil
}

// refresh makes the next snapshot of base. It answers Rebuilt where that has to be done instead, because base can't be read.
func (s *Store) refresh(ctx context.Context, imp tenant.ImportID, base Published, t Touched) (Outcome, error) {
	var changed []*batch.Members
	epoch, applied, err := s.directory.CopyApplied(ctx, imp, base.Epoch, t, base.Head.Fields, func(b *batch.MemberBlock) error {
		m, err := batch.MembersOf(base.Head, b)
		changed = append(changed, m)
		return err
	})
	if errors.Is(err, ErrOvertaken) {
		return Overtaken, nil
	}
	if err != nil {
		return "", fmt.Errorf("publish snapshot after %s: %w", imp, err)
	}
	old, err := s.open(ctx, base)
	if err != nil {
		s.discard(ctx, base.Ref, err)
		return Rebuilt, ctx.Err()
	}
	defer old.Close()
	next, err := s.put(ctx, imp.Tenant, base.Head, func(w *batch.SnapshotWriter) error {
		moved, err := Merge(w, old.All(ctx), each(changed))
		if err == nil && moved != int64(applied) {
			err = errLeftOut
		}
		return err
	})
	switch {
	case errors.Is(err, errLeftOut):
		return Overtaken, nil
	case (old.Damaged() || errors.Is(err, errOrder)) && ctx.Err() == nil:
		s.discard(ctx, base.Ref, errDamaged)
		return Rebuilt, nil
	case err != nil:
		return "", fmt.Errorf("publish snapshot after %s: %w", imp, err)
	}
	next.Epoch = epoch
	return Refreshed, s.publish(ctx, next)
}

// each yields members.
func each(all []*batch.Members) iter.Seq2[*batch.Members, error] {
	return func(yield func(*batch.Members, error) bool) {
		for _, m := range all {
			if !yield(m, nil) {
				return
			}
		}
	}
}
