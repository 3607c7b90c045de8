package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant/tenantfile"
	"rollcall.internal/tests/bench/measure"
)

// pair writes the rosters of a pair, and what an import of the old one leaves behind.
func pair(t *testing.T, rows int) (task, measure.Answer) {
	t.Helper()
	dir := t.TempDir()
	file, err := tenantfile.Decode(tenantYAML)
	if err != nil {
		t.Fatal(err)
	}
	job := task{old: filepath.Join(dir, "old.csv"), new: filepath.Join(dir, "new.csv"), state: dir, tenant: file}
	p := rostergen.NewPair(1, rows)
	for path, write := range map[string]func(io.Writer) error{job.old: p.WriteOld, job.new: p.WriteNew} {
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(write(out), out.Close()); err != nil {
			t.Fatal(err)
		}
	}
	c := p.Counts()
	want := measure.Answer{Rows: c.New, Added: c.Added, Removed: c.Removed, Changed: c.Changed, Cells: map[string]int{}}
	for f, n := range c.Cells {
		want.Cells[string(f)] = n
	}
	if got, err := prepare(t.Context(), job); err != nil || got.Rows != rows {
		t.Fatalf("prepare: %+v, %v", got, err)
	}
	return job, want
}

func TestStepsAnswer(t *testing.T) {
	t.Parallel()
	job, want := pair(t, 3000)
	for name, step := range steps {
		want := want
		switch name {
		case "prepare":
			continue
		case "csv", "arrowcsv", "read":
			want = measure.Answer{Rows: want.Rows}
		}
		got, err := step(t.Context(), job)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if wrong := got.Differs(want); wrong != "" || got.Rows == 0 {
			t.Errorf("%s: %s", name, wrong)
		}
	}
}

// The next snapshot is the directory that the new file asks for: against it the file changes nothing.
func TestNextSnapshotEqualsTheNewFile(t *testing.T) {
	t.Parallel()
	job, want := pair(t, 3000)
	next, err := os.Create(filepath.Join(job.state, "next"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := importWith(t.Context(), job, next, nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(next.Close(), os.Rename(next.Name(), filepath.Join(job.state, snapshotName))); err != nil {
		t.Fatal(err)
	}
	got, err := importFile(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := got.Differs(measure.Answer{Rows: want.Rows}); wrong != "" {
		t.Errorf("the new file changes what the next snapshot holds: %s", wrong)
	}
	s, done, err := openSnapshot(filepath.Join(job.state, snapshotName))
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	members, ids := 0, map[string]bool{}
	for i := range s.Batches() {
		m, err := s.Members(i)
		if err != nil {
			t.Fatal(err)
		}
		members += m.Rows()
		for k := range m.Rows() {
			ids[m.ID(k)] = true
		}
		m.Release()
	}
	if wanted := want.Rows + want.Removed; members != wanted || len(ids) != wanted { // who is gone is deleted, not forgotten
		t.Errorf("the next snapshot has %d members with %d ids, want %d", members, len(ids), wanted)
	}
}
