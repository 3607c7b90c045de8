// Package filediff is what would change from one file of a tenant to the next, without a server: [Compare].
//
// # What it answers
//
// The old file stands for the directory: it is read under the tenant's rules, and everybody in it is taken as a member exactly as the first import of that file into an empty
// directory would have made them. The new file is then read and compared with that directory by the code of an import, and weighed by its checks. So what comes out is what an import of
// the new file would plan if the old one had just been applied whole, with nobody else ever having touched the directory: nobody is known but by the old file, so nobody is restored,
// and everybody may be removed.
//
// Rows of the old file that were set aside are nobody's: their import would not have made them members. Whoever stands in such a row and in a good one of the new file is new.
//
// # How
//
//  1. Both files are read, one after the other, each into a roster, which is the index of its file (package batch) and lies in a file without a name. Lines of the new file that the old one has
//     too are not parsed again (intake.Known).
//  2. The old roster is dressed up as a directory (former), batch by batch and only while one is looked at.
//  3. Package diff compares; package approval weighs.
//
// What rows say is nowhere but in the two files. Whoever is the same in both is told by hashes, and the lines of all others are read again. So both files have to stay as they are until the
// result is closed; of a line that is another one by the time it is read again, that is told, see [ErrChanged]. A source that can be read only once, in order, is kept in a file without a name while it is. What lies in such a file is gone with the
// process however that ends.
//
// A file that is refused ends it after the first step: then there is nothing but the two readings, of both files, so that whoever has to correct them does so once.
//
// # Size
//
// Of neither file anything but what its reader keeps is in memory. What the comparison takes is bounded by Options.Memory, and half of that is for the lines that are known while the new file is read.
package filediff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A Source is one of the two files.
type Source struct {
	In io.Reader
	// At reads the same bytes at any place, until the result is closed, and Size is how many there are. Defaults to nil: they can be read once, in order, and are kept.
	At   io.ReaderAt
	Size int64
	// Name is the file's name, by which its date is known; "" where it has none.
	Name string
	// Each is called when reading the file begins, which it may do a second time, and returns what is called with every finding then, see intake.Options. Defaults to nobody.
	Each func() func(roster.Finding)
}

// ErrChanged says that a file is not what it was when it was read. Whatever wraps it says which.
var ErrChanged = errors.New("changed while it was read; wait until it is whole, and try again")

// Options say what is compared with what.
type Options struct {
	Old, New Source
	// Tenant is what was agreed: both files are read under it.
	Tenant tenant.File
	// FindingsLimit is the most findings that are listed of each file; all are counted. Defaults to 0: no limit.
	FindingsLimit int
	// OldDigest asks for the digest of the old file, which nothing else depends on, so that it is worked out only for who wants to see it.
	OldDigest bool

	// Memory and Workers are those of the comparison, see diff.Input, and Progress is called by it with the number of rows of the new file compared so far.
	Memory   int64
	Workers  int
	Progress func(rows int)
	// TempDir is where the files without a name lie. Defaults to the system's folder.
	TempDir string
	// Alloc gives Arrow its memory. Defaults to Go's own.
	Alloc memory.Allocator

	seed batch.Seed // of the hashes, for tests
}

// reading says how a file is read.
func (o Options) reading(src Source) intake.Options {
	return intake.Options{
		Mapping: o.Tenant.Mapping, FileName: src.Name, Delimiter: o.Tenant.Upload.Delimiter, MaxRows: o.Tenant.Upload.MaxRows, MaxBytes: o.Tenant.Upload.MaxBytes,
		FindingsLimit: o.FindingsLimit, Alloc: o.Alloc,
	}
}

// A Reading is what reading a file came to.
type Reading struct {
	roster.Summary
	// SHA256 is the digest of the whole file. An old one that is not refused has one where Options.OldDigest asks for it, or where it could be read only once.
	SHA256 string
}

// Refused reports whether the file is refused.
func (r Reading) Refused() bool { return r.Verdict == roster.RefusedByFile }

// A Result is what would change, or why that can't be told. Whoever got it closes it.
type Result struct {
	Old, New Reading

	// Summary counts what would change; the rows of the new file that were set aside while it was read count as set aside. It and Checks are zero where a file is refused.
	Summary changeset.Summary
	Checks  []approval.Check

	plan     *diff.Result // nil where a file is refused
	old, new *side        // nil where they could not be made
}

// Refused reports whether a file is refused, so that nothing could be compared.
func (r *Result) Refused() bool { return r.Old.Refused() || r.New.Refused() }

// Changes yields what would change, in the order of changeset.Sort. It can be read more than once, until Close. The loop ends at the first error.
func (r *Result) Changes() iter.Seq2[changeset.Change, error] {
	if r.plan == nil {
		return func(func(changeset.Change, error) bool) {}
	}
	return r.plan.Changes()
}

// Close gives back what the result is kept in.
func (r *Result) Close() error {
	var errs []error
	if r.plan != nil {
		errs = append(errs, r.plan.Close())
	}
	return errors.Join(append(errs, r.old.close(), r.new.close())...)
}

// Compare reads both files and compares them. Its error is the context's, a reader's, ErrChanged, or says which part of this side failed; what is wrong with a file is in its reading. The context has to last as long
// as the result.
func Compare(ctx context.Context, o Options) (result *Result, err error) {
	if o.Alloc == nil {
		o.Alloc = memory.DefaultAllocator
	}
	r := &Result{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if err := r.read(ctx, o); err != nil {
		return nil, err
	}
	if r.Refused() {
		return r, nil
	}
	if err := r.compare(ctx, o); err != nil {
		return nil, err
	}
	r.weigh(o)
	return r, nil
}

// read reads the old file, and of the new one what the old one has not.
func (r *Result) read(ctx context.Context, o Options) (err error) {
	if r.old, err = newSide("old", o.Old, o.OldDigest, o); err != nil {
		return err
	}
	if r.new, err = newSide("new", o.New, true, o); err != nil {
		return err
	}
	if r.Old, err = r.old.read(ctx, nil, o); err != nil {
		return fmt.Errorf("read the old file: %w", err)
	}
	known, err := r.known(ctx, o)
	if err != nil {
		return fmt.Errorf("read the old file: %w", err)
	}
	r.New, err = r.new.read(ctx, known, o)
	if errors.Is(err, intake.ErrKnownShared) {
		if err = r.new.rewind(); err == nil {
			r.New, err = r.new.read(ctx, nil, o)
		}
	}
	if err != nil {
		return fmt.Errorf("read the new file: %w", err)
	}
	return nil
}

// known opens the old roster and returns the lines of it, as many as half of the memory holds.
func (r *Result) known(ctx context.Context, o Options) (*intake.Known, error) {
	if r.Old.Refused() {
		return nil, nil
	}
	if err := r.old.open(ctx, o); err != nil {
		return nil, err
	}
	return intake.LoadKnown(ctx, r.old.rows, cmp.Or(o.Memory, diff.DefaultMemory)/2)
}

// compare compares the new roster with the directory that the old one stands for.
func (r *Result) compare(ctx context.Context, o Options) error {
	err := r.new.open(ctx, o)
	if err == nil {
		r.plan, err = diff.Compare(ctx, diff.Input{
			Roster: r.new.rows, Resolve: r.new.resolve, Directory: newFormer(r.old.rows, r.old.resolve, o.Tenant.People), People: o.Tenant.People,
			FileSHA256: r.New.SHA256, MappingDigest: o.Tenant.RulesDigest(),
			// Now stays zero: it decides who can be restored, and nobody is deleted in a directory that one file made.
			Memory: o.Memory, TempDir: o.TempDir, Workers: o.Workers, Progress: o.Progress, Alloc: o.Alloc,
		})
	}
	if err != nil {
		return fmt.Errorf("compare files: %w", err)
	}
	r.Summary = r.plan.Summary
	r.Summary.Totals.SetAside += r.New.SetAside
	return nil
}

// weigh looks at the changes as an import's checks do, the old file being the last import.
func (r *Result) weigh(o Options) {
	oldDate, _ := intake.NameDate(o.Old.Name)
	newDate, _ := intake.NameDate(o.New.Name)
	plan := approval.Plan{
		Summary: r.Summary, Unmatched: r.plan.Unmatched, Protected: r.plan.Protected, Rekeys: r.plan.Rekeys, AddressesWithoutID: r.plan.AddressesWithoutID,
	}
	last := approval.Last{Found: true, Rows: r.Old.Rows, Date: oldDate}
	r.Checks = approval.Weigh(approval.Gather(approval.ReadingOf(r.New.Summary, newDate), plan, last, o.Tenant.Mapping))
}
