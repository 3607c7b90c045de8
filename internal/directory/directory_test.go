package directory

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

func TestNextReturnsToWhatWasUnderneath(t *testing.T) {
	t.Parallel()
	for _, start := range []State{Pending, Invited, Active} {
		for _, way := range [][]Event{
			{Deactivate, Reactivate}, {Delete, Restore}, {Deactivate, Delete, Restore}, {Delete, Restore, Deactivate, Reactivate},
		} {
			t.Run(fmt.Sprint(start, way), func(t *testing.T) {
				t.Parallel()
				s := Standing{State: start}
				for _, e := range way {
					var err error
					if s, err = Next(s, e, false); err != nil {
						t.Fatal(err)
					}
				}
				if want := (Standing{State: start}); s != want {
					t.Errorf("got %+v, want %+v", s, want)
				}
			})
		}
	}
}

func TestRestoredWhileInactiveIsDeactivated(t *testing.T) {
	t.Parallel()
	got, err := Next(Standing{State: Deleted, Before: Invited}, Restore, true)
	if want := (Standing{State: Deactivated, Before: Invited}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestNextRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		state State
		event Event
	}{
		{Active, Invite}, {Deactivated, Invite}, {Deleted, Invite}, {Pending, Accept}, {Deleted, Accept}, {Deactivated, Deactivate},
		{Deleted, Deactivate}, {Active, Reactivate}, {Deleted, Delete}, {Invited, Restore},
	} {
		s := Standing{State: test.state}
		if test.state == Deactivated || test.state == Deleted {
			s.Before = Invited
		}
		if got, err := Next(s, test.event, false); err == nil {
			t.Errorf("%s of a member who is %s gave %+v, want an error", test.event, test.state, got)
		}
	}
}

// Every change is in exactly one chunk, in order; chunks hold one stage and, movers of addresses apart, at most size changes.
func TestChunks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes := rapid.SliceOfN(rapid.Custom(drawChange), 0, 60).Draw(t, "changes")
		changeset.Sort(changes)
		size := rapid.IntRange(1, 10).Draw(t, "size")
		position := 0
		for i, c := range Chunks(changes, size) {
			if c.Number != i || c.Position != position || len(c.Changes) == 0 {
				t.Fatalf("chunk %d has number %d, position %d (want %d) and %d changes", i, c.Number, c.Position, position, len(c.Changes))
			}
			for _, ch := range c.Changes {
				if ch.Stage() != c.Stage {
					t.Fatalf("chunk %d of stage %s holds a change of %s", i, c.Stage, ch.Stage())
				}
				if len(c.Changes) > size && !ch.MovesAddress() {
					t.Fatalf("chunk %d of %d changes holds one that moves no address", i, len(c.Changes))
				}
			}
			position += len(c.Changes)
		}
		if position != len(changes) {
			t.Fatalf("chunks hold %d changes, want %d", position, len(changes))
		}
	})
}

func drawChange(t *rapid.T) changeset.Change {
	c := changeset.Change{
		Op:     rapid.SampledFrom(changeset.Ops()).Draw(t, "op"),
		Member: fmt.Sprint(rapid.IntRange(0, 1_000_000).Draw(t, "member")),
		Email:  rapid.StringMatching(`[a-d]{1,3}@x\.example`).Draw(t, "email"),
	}
	c.Removal = c.Op == changeset.Delete
	if rapid.Bool().Draw(t, "moves") && !c.Removal {
		c.Fields = []changeset.FieldChange{{Field: roster.Email, Before: "old@x.example", After: c.Email}}
	}
	return c
}
