package activities

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/snapshot"
	"rollcall.internal/internal/tenant"
)

// desk is a ledger that knows the roster of the last import, and remembers what was recorded of this one.
type desk struct {
	Imports
	last     artifact.Ref
	recorded []ledger.Import
}

func (d *desk) LastRead(context.Context, tenant.ImportID, string) (artifact.Ref, error) {
	return d.last, nil
}

func (d *desk) RecordReading(_ context.Context, imp ledger.Import) error {
	d.recorded = append(d.recorded, imp)
	return nil
}

// noRows is an index of artifacts that keeps nothing.
type noRows struct{}

func (noRows) Record(context.Context, artifact.Ref) error { return nil }

// nobody is a directory without members.
type nobody struct{ Snapshots }

func (nobody) Use(_ context.Context, _ tenant.ID, head batch.SnapshotHead, f func(*snapshot.Opened) error) error {
	var none iter.Seq2[directory.Member, error] = func(func(directory.Member, error) bool) {}
	s, err := batch.SnapshotOf(head, none, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	defer s.Close()
	return f(&snapshot.Opened{Snapshot: s, Epoch: 1})
}

// A comparing is an import that was read and is to be compared with a directory of nobody.
type comparing struct {
	*Activities
	desk  *desk
	dir   string // of the artifacts
	imp   ledger.Import
	rules tenant.File
}

const people = 2000

// newComparing reads a file, so that its lines are known when it is read again.
func newComparing(t *testing.T) *comparing {
	t.Helper()
	dir := t.TempDir()
	store, err := blobstore.OpenDir(dir, noRows{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	var file bytes.Buffer
	if err := rostergen.New(1, people).WriteCSV(&file); err != nil {
		t.Fatal(err)
	}
	c := &comparing{desk: &desk{}, dir: dir, rules: acme(t), imp: ledger.Import{ID: tenant.ImportID{Tenant: "acme", N: 2}, SHA256: "x"}}
	c.Activities = &Activities{Imports: c.desk, Artifacts: store, Snapshots: nobody{}, Memory: NewBudget(192 << 20), Clock: clock.System{}}
	if c.imp.Artifacts.Upload, err = store.Put(t.Context(), "acme", artifact.Upload, &file); err != nil {
		t.Fatal(err)
	}
	if _, err := c.read(t.Context(), &c.imp, c.rules, func(int) {}); err != nil {
		t.Fatal(err)
	}
	c.desk.last = c.imp.Artifacts.Roster
	return c
}

// roster returns the stored roster's bytes.
func (c *comparing) roster(t *testing.T) []byte {
	t.Helper()
	r, err := c.Artifacts.Open(t.Context(), c.imp.Artifacts.Roster)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// replace stores other bytes as the import's roster.
func (c *comparing) replace(t *testing.T, text []byte) {
	t.Helper()
	ref, err := c.Artifacts.Put(t.Context(), "acme", artifact.Roster, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c.imp.Artifacts.Roster = ref
}

// known reads the file again and counts the lines that are passed over.
func (c *comparing) known(t *testing.T) int {
	t.Helper()
	known := c.knownLines(t.Context(), c.imp, 1<<30)
	if known == nil {
		return 0
	}
	again := c.imp
	if _, err := c.readKnowing(t.Context(), &again, c.rules, known, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if again.Artifacts.Roster != c.imp.Artifacts.Roster {
		t.Error("a file whose lines are known comes to another roster")
	}
	return known.Passed()
}

// reading says how the stored roster was read.
func (c *comparing) reading(t *testing.T) string {
	t.Helper()
	text := c.roster(t)
	f, err := batch.OpenRoster(bytes.NewReader(text), int64(len(text)), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return f.Reading()
}

func creations(t *testing.T, r *diff.Result) (n int) {
	t.Helper()
	defer r.Close()
	for c, err := range r.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		if c.Op == changeset.Create && len(c.Fields) > 10 {
			n++
		}
	}
	return n
}

// A roster is compared by the lines of its file, and one that can't be used as it is stands for its file nevertheless: the file is read anew, and what that came to is what is recorded.
func TestARosterThatCantBeUsedIsReadAnew(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(t *testing.T, c *comparing)
		anew  bool
	}{
		"as it is": {spoil: func(*testing.T, *comparing) {}},
		"read by another program": {anew: true, spoil: func(t *testing.T, c *comparing) {
			reading := c.reading(t)
			c.replace(t, bytes.ReplaceAll(c.roster(t), []byte(reading), bytes.Repeat([]byte("0"), len(reading))))
		}},
		"written by an earlier release": {anew: true, spoil: func(t *testing.T, c *comparing) {
			c.replace(t, bytes.ReplaceAll(c.roster(t), []byte("roster/3"), []byte("roster/2")))
		}},
		"spoiled by a disk": {anew: true, spoil: func(t *testing.T, c *comparing) {
			text := c.roster(t)
			text[len(text)/2] ^= 1
			if err := os.WriteFile(filepath.Join(c.dir, c.imp.Artifacts.Roster.Key()), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newComparing(t)
			if n := c.known(t); n < people*9/10 {
				t.Fatalf("%d of %d lines were known", n, people)
			}
			test.spoil(t, c)
			c.imp.Rows, c.imp.Unreadable = 7, 7
			result, err := c.diff(t.Context(), &c.imp, c.rules, 64<<20, func(int) {})
			if err != nil {
				t.Fatal(err)
			}
			if n := creations(t, result); n != people {
				t.Errorf("%d people are new, want %d", n, people)
			}
			if anew := len(c.desk.recorded) == 1; anew != test.anew {
				t.Errorf("read anew: %t, want %t", anew, test.anew)
			} else if anew && (c.desk.recorded[0].Rows != people || c.imp.Unreadable != 0) {
				t.Errorf("recorded are %d rows, %d of them unreadable, want %d and none", c.desk.recorded[0].Rows, c.imp.Unreadable, people)
			}
		})
	}
}

// A file that a disk spoiled is neither compared nor told to be refused, wherever that is: at its start, where it seems to be no CSV any more, in its header, or in a line that has to be read again.
func TestADamagedUploadIsNobodysFault(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(text []byte){
		"start":  func(text []byte) { copy(text, "PK\x03\x04") },
		"header": func(text []byte) { text[bytes.IndexByte(text, '\n')-5] ^= 1 },
		"line":   func(text []byte) { text[len(text)/2] ^= 1 },
		"end":    func(text []byte) { text[len(text)-3] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newComparing(t)
			path := filepath.Join(c.dir, c.imp.Artifacts.Upload.Key())
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			spoil(text)
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if result, err := c.diff(t.Context(), &c.imp, c.rules, 64<<20, func(int) {}); !errors.Is(err, artifact.ErrDamaged) {
				t.Errorf("the comparison came to %v, %v, want %v", result, err, artifact.ErrDamaged)
			}
			if _, err := c.read(t.Context(), &c.imp, c.rules, func(int) {}); !errors.Is(err, artifact.ErrDamaged) {
				t.Errorf("reading came to %v, want %v", err, artifact.ErrDamaged)
			}
		})
	}
}

// A file that is refused by the program that runs now is not compared: its roster means nothing, and everybody would be missing from it.
func TestAFileThatIsRefusedNowIsNotCompared(t *testing.T) {
	t.Parallel()
	c := newComparing(t)
	reading := c.reading(t)
	c.replace(t, bytes.ReplaceAll(c.roster(t), []byte(reading), bytes.Repeat([]byte("0"), len(reading))))
	c.rules.Mapping.Columns = append(c.rules.Mapping.Columns, mapping.Column{Title: "Not There", Field: "custom.other", Visibility: roster.Private, Unknown: mapping.UnknownHold, Blank: mapping.BlankClear})
	if result, err := c.diff(t.Context(), &c.imp, c.rules, 64<<20, func(int) {}); !errors.Is(err, errRefusedNow) {
		t.Errorf("the comparison came to %v, %v", result, err)
	}
	if len(c.desk.recorded) > 0 {
		t.Error("a reading was recorded that refused the file")
	}
}
