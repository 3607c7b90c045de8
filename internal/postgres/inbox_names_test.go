package postgres_test

import (
	"errors"
	"testing"
	"time"

	"rollcall.internal/internal/inbox"
)

func TestRename(t *testing.T) {
	it := newInbox(t)
	for _, c := range []struct {
		name     string
		exist    []string
		from, to string
		replace  bool
		want     error
	}{
		{"temporary name", []string{"1.csv.part"}, "1.csv.part", "1.csv", false, nil},
		{"taken", []string{"2.tmp", "2.csv"}, "2.tmp", "2.csv", false, inbox.ErrExists},
		{"taken, to replace", []string{"3.tmp", "3.csv"}, "3.tmp", "3.csv", true, nil},
		{"missing", nil, "4.tmp", "4.csv", true, inbox.ErrNotFound},
		{"onto itself", []string{"5.csv"}, "5.csv", "5.csv", false, nil},
	} {
		for _, name := range c.exist {
			it.upload(name)
		}
		source := it.seen(c.from)
		it.pass(time.Second)
		if err := it.db.RenameDelivery(t.Context(), it.id, place(c.from), place(c.to), c.replace, it.now); !errors.Is(err, c.want) {
			t.Errorf("%s: rename gave %v, want %v", c.name, err, c.want)
		}
		if c.want == nil && it.seen(c.to) != source {
			t.Errorf("%s: the new name is not the renamed delivery", c.name)
		}
		if c.want == nil && c.from != c.to && it.seen(c.from) != "" {
			t.Errorf("%s: the old name is still there", c.name)
		}
	}
}

func TestRenameOfSettledWaitsAgain(t *testing.T) {
	it := newInbox(t)
	id := it.upload("a.csv")
	it.settle(time.Minute)
	it.check(it.db.RenameDelivery(t.Context(), it.id, place("a.csv"), place("b.csv"), false, it.now))
	it.want(id, inbox.Closed)
	if n := it.settle(time.Second); n != 0 {
		t.Error("it settled before it was quiet again")
	}
	if n := it.settle(time.Second); n != 1 {
		t.Error("it did not settle once it was quiet again")
	}
}

func TestTemporaryNameSettlesOnceRenamed(t *testing.T) {
	it := newInbox(t)
	it.upload("a.csv.filepart")
	if n := it.settle(24 * time.Hour); n != 0 {
		t.Error("a temporary name settled")
	}
	it.check(it.db.RenameDelivery(t.Context(), it.id, place("a.csv.filepart"), place("a.csv"), false, it.now))
	if n := it.settle(quick.Quiet); n != 1 {
		t.Error("it did not settle under its final name")
	}
}

func TestClaimedIsImmutable(t *testing.T) {
	it := newInbox(t)
	id := it.upload("a.csv")
	it.settle(time.Minute)
	it.claim(1)
	if err := it.db.RenameDelivery(t.Context(), it.id, place("a.csv"), place("b.csv"), true, it.now); !errors.Is(err, inbox.ErrClaimed) {
		t.Errorf("rename gave %v, want ErrClaimed", err)
	}
	if err := it.db.RemoveDelivery(t.Context(), it.id, place("a.csv"), it.now); !errors.Is(err, inbox.ErrClaimed) {
		t.Errorf("remove gave %v, want ErrClaimed", err)
	}
	it.check(it.db.TouchDelivery(t.Context(), it.id, place("a.csv"), it.now))
	if err := it.end(id, inbox.Closed); !errors.Is(err, inbox.ErrSuperseded) {
		t.Errorf("ending it again gave %v, want ErrSuperseded", err)
	}
	it.want(id, inbox.Claimed)

	newer := it.upload("a.csv")
	it.check(it.db.RemoveDelivery(t.Context(), it.id, place("a.csv"), it.now))
	it.want(newer, inbox.Removed)
	it.want(id, inbox.Claimed)
	if it.seen("a.csv") != "" {
		t.Error("the older version shows up under the removed name")
	}
}

func TestTouchDelaysSettling(t *testing.T) {
	it := newInbox(t)
	it.upload("a.csv")
	it.pass(1500 * time.Millisecond)
	it.check(it.db.TouchDelivery(t.Context(), it.id, place("a.csv"), it.now))
	if n := it.settle(time.Second); n != 0 {
		t.Error("it settled although the client changed it a second ago")
	}
	if n := it.settle(time.Second); n != 1 {
		t.Error("it did not settle")
	}
}
