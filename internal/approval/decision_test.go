package approval

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall.internal/internal/changeset"
)

const (
	waiting = changeset.Digest("sha256:1111111111111111111111111111111111111111111111111111111111111111")
	other   = changeset.Digest("sha256:2222222222222222222222222222222222222222222222222222222222222222")
)

func TestReduce(t *testing.T) {
	t.Parallel()
	n := func(i int) *int { return &i }
	calm := State{ChangeSet: waiting, RemovalOp: changeset.Delete, Removals: 3, Checks: []Check{{ID: CheckDeletes, Level: OK, Value: 3, Limit: 10}}}
	held := State{ChangeSet: waiting, RemovalOp: changeset.Delete, Removals: 3, Checks: []Check{{ID: CheckFirstImport, Level: Hold}}}
	overLimit := State{ChangeSet: waiting, RemovalOp: changeset.Delete, Removals: 300, Checks: []Check{{ID: CheckDeletes, Level: Hold, Value: 300, Limit: 10}}}
	stopped := State{ChangeSet: waiting, Checks: []Check{{ID: CheckFieldChurn, Level: Stop}}}
	decided := State{ChangeSet: waiting, Seen: []string{"first"}, Closed: true}
	approve := Decision{ID: "d", ChangeSet: waiting, Verdict: Approve, Allowed: true}
	with := func(d Decision, f func(*Decision)) Decision { f(&d); return d }

	for _, test := range []struct {
		name  string
		state State
		d     Decision
		want  Effect
	}{
		{"an approval where nothing is unusual", calm, approve, Taken},
		{"another change set", calm, with(approve, func(d *Decision) { d.ChangeSet = other }), Stale},
		{"no change set", calm, with(approve, func(d *Decision) { d.ChangeSet = "" }), Stale},
		{"no id", calm, with(approve, func(d *Decision) { d.ID = "" }), NotValid},
		{"nobody's name", calm, with(approve, func(d *Decision) { d.Anonymous = true }), NotValid},
		{"no verdict", calm, with(approve, func(d *Decision) { d.Verdict = "" }), NotValid},
		{"an unknown verdict", calm, with(approve, func(d *Decision) { d.Verdict = "yes" }), NotValid},
		{"an unknown group", calm, with(approve, func(d *Decision) { d.Groups = []changeset.Op{"purge"} }), NotValid},
		{"somebody who may not", calm, with(approve, func(d *Decision) { d.Allowed = false }), NotAllowed},
		{"a hold without a reason", held, approve, ReasonMissing},
		{"a hold with a reason", held, with(approve, func(d *Decision) { d.HasReason = true }), Taken},
		{"a hold that is not about removals binds an approval without them", held, with(approve, func(d *Decision) { d.Verdict = ApproveWithoutRemovals }), ReasonMissing},
		{"removals over their limit, number missing", overLimit, with(approve, func(d *Decision) { d.HasReason = true }), NotConfirmed},
		{"removals over their limit, another number", overLimit, with(approve, func(d *Decision) { d.HasReason = true; d.ConfirmDeletes = n(299) }), NotConfirmed},
		{"removals over their limit, the number", overLimit, with(approve, func(d *Decision) { d.HasReason = true; d.ConfirmDeletes = n(300) }), Taken},
		{"removals over their limit, number without reason", overLimit, with(approve, func(d *Decision) { d.ConfirmDeletes = n(300) }), ReasonMissing},
		{"removals over their limit do not bind an approval without removals", overLimit, with(approve, func(d *Decision) { d.Verdict = ApproveWithoutRemovals }), Taken},
		{"nor one of groups that remove nobody", overLimit, with(approve, func(d *Decision) { d.Groups = []changeset.Op{changeset.Create, changeset.Update} }), Taken},
		{"nor one of leaves of absence, where who is missing is deleted", overLimit, with(approve, func(d *Decision) { d.Groups = []changeset.Op{changeset.Deactivate} }), Taken},
		{"but one of a group that removes", overLimit, with(approve, func(d *Decision) { d.Groups = []changeset.Op{changeset.Delete}; d.HasReason = true }), NotConfirmed},
		{"a number that is not asked for is accepted", calm, with(approve, func(d *Decision) { d.ConfirmDeletes = n(7) }), Taken},
		{"a stop can't be approved", stopped, with(approve, func(d *Decision) { d.HasReason = true }), NotAllowed},
		{"a stop can be turned down", stopped, with(approve, func(d *Decision) { d.Verdict = TurnDown; d.HasReason = true }), Taken},
		{"turning down needs a reason", calm, with(approve, func(d *Decision) { d.Verdict = TurnDown }), ReasonMissing},
		{"after another decision", decided, approve, Late},
		{"the same decision again", decided, with(approve, func(d *Decision) { d.ID = "first" }), Duplicate},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			after, got := test.state.Reduce(test.d)
			if got != test.want {
				t.Errorf("effect is %s, want %s", got, test.want)
			}
			if closed := test.state.Closed || test.want == Taken; after.Closed != closed {
				t.Errorf("closed is %t after %s, want %t", after.Closed, got, closed)
			}
		})
	}
}

// Whatever decisions arrive in whatever order: at most one is taken, it names the change set that waits and its sender may decide, and the same id has no second effect.
func TestReduceTakesAtMostOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state := State{ChangeSet: waiting, RemovalOp: changeset.Delete, Removals: 5, Checks: []Check{
			{ID: CheckDeletes, Level: rapid.SampledFrom([]Level{OK, Hold}).Draw(t, "deletes")},
			{ID: CheckCreates, Level: rapid.SampledFrom([]Level{OK, Told, Hold, Stop}).Draw(t, "creates")},
		}}
		seen := map[string]bool{}
		takenOnes := 0
		for range rapid.IntRange(1, 30).Draw(t, "decisions") {
			d := drawDecision(t)
			before := state
			var effect Effect
			state, effect = state.Reduce(d)
			switch {
			case effect == Taken:
				takenOnes++
				if d.ChangeSet != waiting || !d.Allowed || before.Closed {
					t.Fatalf("took %+v in %+v", d, before)
				}
			case seen[d.ID] && effect != Duplicate:
				t.Fatalf("the second decision %q had the effect %s", d.ID, effect)
			}
			seen[d.ID] = d.ID != ""
		}
		if takenOnes > 1 {
			t.Fatalf("%d decisions were taken", takenOnes)
		}
	})
}

func drawDecision(t *rapid.T) Decision {
	d := Decision{
		ID:        rapid.SampledFrom([]string{"", "a", "b", "c", "d"}).Draw(t, "id"),
		ChangeSet: rapid.SampledFrom([]changeset.Digest{waiting, other, ""}).Draw(t, "change set"),
		Verdict:   rapid.SampledFrom([]Verdict{Approve, ApproveWithoutRemovals, TurnDown, "maybe"}).Draw(t, "verdict"),
		HasReason: rapid.Bool().Draw(t, "reason"),
		Allowed:   rapid.Bool().Draw(t, "allowed"),
	}
	if rapid.Bool().Draw(t, "confirms") {
		d.ConfirmDeletes = new(rapid.IntRange(4, 6).Draw(t, "number"))
	}
	return d
}

func TestReleaseIncludes(t *testing.T) {
	t.Parallel()
	create := changeset.Change{Op: changeset.Create}
	leave := changeset.Change{Op: changeset.Deactivate}
	gone := changeset.Change{Op: changeset.Delete, Removal: true}
	hidden := changeset.Change{Op: changeset.Deactivate, Removal: true}
	all := []changeset.Change{create, leave, gone, hidden}
	for _, test := range []struct {
		release Release
		want    []changeset.Change
	}{
		{Release{Verdict: Approve}, all},
		{Release{Verdict: ApproveWithoutRemovals}, []changeset.Change{create, leave}},
		{Release{Verdict: Approve, Groups: []changeset.Op{changeset.Deactivate}}, []changeset.Change{leave, hidden}},
		{Release{Verdict: ApproveWithoutRemovals, Groups: []changeset.Op{changeset.Deactivate}}, []changeset.Change{leave}},
		{Release{Verdict: TurnDown}, nil},
	} {
		var got []changeset.Change
		for _, c := range all {
			if test.release.Includes(c) {
				got = append(got, c)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%+v includes %v, want %v", test.release, got, test.want)
		}
	}
}

func TestReleaseDigestIgnoresOrderOfGroups(t *testing.T) {
	t.Parallel()
	groups := []changeset.Op{changeset.Update, changeset.Create}
	one := Release{ChangeSet: waiting, Verdict: Approve, Groups: groups}.Digest()
	slices.Reverse(groups)
	if two := (Release{ChangeSet: waiting, Verdict: Approve, Groups: groups}).Digest(); one != two {
		t.Errorf("digests differ: %s and %s", one, two)
	}
	if three := (Release{ChangeSet: other, Verdict: Approve, Groups: groups}).Digest(); one == three {
		t.Error("releases of two change sets have one digest")
	}
}
