// Package trial is what a file would do under given rules, without doing it.
//
// A tenant's rules change: a column is added, a value is listed, people are made eligible by another field. What that comes to is seen only on real people, so before a new version of a
// tenant's file becomes the current one, the newest file that was accepted is read and compared once under the rules of now and once under the new ones, exactly as an import would do
// it, and the two outcomes are held against each other: [Compare]. Nothing is stored, nobody is told, and no decision comes of it.
//
// # What counts as a difference
//
// That the file is refused or accepted; rows that are set aside or take part; findings, but for those that are only ever told; and the plan. Plans are compared by person: whoever
// would be treated otherwise counts once, and for whoever is in both plans or unchanged in one of them, each field that would come out otherwise counts for its column.
//
// # Size
//
// The roster between reading and comparing goes through a temporary file, and of each plan only what is needed for the comparison is kept, so that two outcomes take little more memory
// than one import.
package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// Artifacts reads stored bytes.
type Artifacts interface {
	Open(ctx context.Context, ref artifact.Ref) (io.ReadCloser, error)
	OpenAt(ctx context.Context, ref artifact.Ref) (artifact.ReaderAtCloser, int64, error)
}

// Directory is read whole by a comparison, as it is at one moment.
type Directory interface {
	Directory(ctx context.Context, id tenant.ID, f func(epoch int64, members iter.Seq2[directory.Member, error]) error) error
}

// A Bench is where files are tried. Its fields are set once and not changed afterwards.
type Bench struct {
	Artifacts Artifacts
	Directory Directory
	Clock     clock.Clock
}

// attempts is how often two plans are made at most where the directory changes between them.
const attempts = 3

// ErrBusy says that the directory did not stay as it is for as long as two plans take, so that what the rules make of the file can't be told from what somebody edited meanwhile.
var ErrBusy = errors.New("the directory kept changing while the file was tried; try it again")

// Compare tries the import's stored file under two sets of rules. The error is the context's, [ErrBusy], or says why the file can't be read again.
func (b Bench) Compare(ctx context.Context, imp ledger.Import, now, then tenant.File) (Difference, error) {
	var rosters [2]*os.File
	var readings [2]roster.Summary
	for i, rules := range []tenant.File{now, then} {
		file, err := os.CreateTemp("", "rollcall-trial-*")
		if err != nil {
			return Difference{}, fmt.Errorf("make room for a trial: %w", err)
		}
		defer discard(file)
		rosters[i] = file
		if readings[i], err = b.read(ctx, imp, rules, file); err != nil {
			return Difference{}, err
		}
	}
	for try := 1; ; try++ {
		before, err := b.plan(ctx, imp, now, readings[0], rosters[0])
		if err != nil {
			return Difference{}, err
		}
		after, err := b.plan(ctx, imp, then, readings[1], rosters[1])
		if err != nil {
			return Difference{}, err
		}
		if before.plan.Epoch == after.plan.Epoch || before.refused() || after.refused() {
			return differenceOf(before, after), nil
		}
		if try == attempts {
			return Difference{}, ErrBusy
		}
	}
}

// discard takes a temporary file away.
func discard(file *os.File) {
	_ = file.Close() // nobody reads it any more
	_ = os.Remove(file.Name())
}

// read reads the import's stored file into a roster.
func (b Bench) read(ctx context.Context, imp ledger.Import, rules tenant.File, out io.Writer) (roster.Summary, error) {
	upload, err := b.Artifacts.Open(ctx, imp.Artifacts.Upload)
	if err != nil {
		return roster.Summary{}, fmt.Errorf("open the file of %s: %w", imp.ID, err)
	}
	defer upload.Close()
	w, err := batch.NewRosterWriter(out, rules.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		return roster.Summary{}, err
	}
	defer w.Close() //nolint:errcheck // gives the memory back where reading fails
	read, err := intake.Read(ctx, upload, reading(imp, rules), w)
	if err != nil {
		return roster.Summary{}, fmt.Errorf("read the file of %s: %w", imp.ID, err)
	}
	return read, w.Close()
}

// reading says how the file is read under some rules.
func reading(imp ledger.Import, rules tenant.File) intake.Options {
	return intake.Options{
		Mapping: rules.Mapping, FileName: imp.File, Delimiter: rules.Upload.Delimiter, MaxRows: rules.Upload.MaxRows, MaxBytes: rules.Upload.MaxBytes, FindingsLimit: 1,
	}
}

// plan compares a roster with the directory; a refused one comes to no plan.
func (b Bench) plan(ctx context.Context, imp ledger.Import, rules tenant.File, read roster.Summary, file *os.File) (outcome, error) {
	if read.Verdict == roster.RefusedByFile {
		return outcome{reading: read}, nil
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return outcome{}, fmt.Errorf("measure the roster of a trial: %w", err)
	}
	rows, err := batch.OpenRoster(file, size, memory.DefaultAllocator)
	if err != nil {
		return outcome{}, err
	}
	defer rows.Close()
	result, err := b.compare(ctx, imp, rules, rows)
	if err != nil {
		return outcome{}, fmt.Errorf("compare the file of %s with the directory: %w", imp.ID, err)
	}
	defer result.Close()
	people, err := tracesOf(result.Changes())
	if err != nil {
		return outcome{}, fmt.Errorf("compare the file of %s with the directory: %w", imp.ID, err)
	}
	result.Summary.Totals.SetAside += read.SetAside
	return outcome{reading: read, plan: result.Summary, people: people}, nil
}

// compare compares a roster with the directory as it is now.
func (b Bench) compare(ctx context.Context, imp ledger.Import, rules tenant.File, rows *batch.RosterFile) (result *diff.Result, err error) {
	upload, size, err := b.Artifacts.OpenAt(ctx, imp.Artifacts.Upload)
	if err != nil {
		return nil, err
	}
	defer upload.Close()
	resolve, err := intake.NewResolver(ctx, upload, size, reading(imp, rules), rows)
	if err != nil {
		return nil, err
	}
	err = b.Directory.Directory(ctx, imp.ID.Tenant, func(epoch int64, members iter.Seq2[directory.Member, error]) error {
		head := batch.SnapshotHead{Fields: diff.Fields(rows.Fields(), rules.People), Hashed: rows.Fields()}
		people, err := batch.SnapshotOf(head, members, memory.DefaultAllocator)
		if err != nil {
			return err
		}
		defer people.Close()
		result, err = diff.Compare(ctx, diff.Input{
			Roster: rows, Resolve: resolve, Directory: people, Epoch: epoch, People: rules.People, FileSHA256: imp.SHA256, MappingDigest: rules.RulesDigest(), Now: b.Clock.Now(),
		})
		return err
	})
	if err != nil && result != nil { // the directory could not be read to its end
		err = errors.Join(err, result.Close())
	}
	return result, err
}
