// Package difftest makes the two sides of a comparison from rows and members, for tests.
package difftest

import (
	"bytes"
	"context"
	"iter"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/batch/batchtest"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A T is a test, of the standard library or of rapid.
type T interface {
	Helper()
	Fatal(args ...any)
}

// Compare compares rows with members, both of which stand under fields, and returns what came of it with all its changes.
func Compare(t T, fields []roster.Field, rows []batch.Row, members []directory.Member, in diff.Input) Result {
	t.Helper()
	in.Roster = Roster(t, fields, rows, memory.DefaultAllocator)
	in.Resolve = batchtest.Resolver(fields, in.Roster.Seed(), rows)
	in.Directory = Directory(t, fields, in.People, members, memory.DefaultAllocator)
	result, err := diff.Compare(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	return Result{result, Changes(t, result)}
}

// A Result is a result and its changes.
type Result struct {
	*diff.Result
	Changes []changeset.Change
}

// Roster returns a roster of rows, held in memory. What its rows say is read by a batchtest.Resolver of the same rows.
func Roster(t T, fields []roster.Field, rows []batch.Row, alloc memory.Allocator) *batch.RosterFile {
	t.Helper()
	var out bytes.Buffer
	w, err := batch.NewRosterWriter(&out, fields, alloc)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := batch.OpenRoster(bytes.NewReader(out.Bytes()), int64(out.Len()), alloc)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Directory returns members as a directory that a roster of these fields is compared with.
func Directory(t T, fields []roster.Field, people tenant.People, members []directory.Member, alloc memory.Allocator) *batch.Snapshot {
	t.Helper()
	head := batch.SnapshotHead{Fields: diff.Fields(fields, people), Hashed: fields}
	s, err := batch.SnapshotOf(head, Each(members), alloc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each yields items.
func Each[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Changes returns all changes of a result.
func Changes(t T, r *diff.Result) []changeset.Change {
	t.Helper()
	var all []changeset.Change
	for c, err := range r.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// ID returns a member's id for a number.
func ID(n int) string { return batch.NumberID(n).String() }
