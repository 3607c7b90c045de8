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
//  1. Both files are read at the same time, each into a roster that lies in a file without a name (package batch). It holds personal data, and is gone with the process however that ends.
//  2. The old roster is dressed up as a directory (former), batch by batch and only while one is looked at.
//  3. Package diff compares; package approval weighs.
//
// A file that is refused ends it after the first step: then there is nothing but the two readings, of both files, so that whoever has to correct them does so once.
//
// # Size
//
// Of neither file anything but what its reader keeps is in memory, and what the comparison takes is bounded by Options.Memory.
package filediff

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A Source is one of the two files.
type Source struct {
	In io.Reader
	// Name is the file's name, by which its date is known; "" where it has none.
	Name string
	// Each is called with every finding of the file, see intake.Options. Defaults to nobody.
	Each func(roster.Finding)
}

// Options say what is compared with what.
type Options struct {
	Old, New Source
	// Tenant is what was agreed: both files are read under it.
	Tenant tenant.File
	// FindingsLimit is the most findings that are listed of each file; all are counted. Defaults to 0: no limit.
	FindingsLimit int

	// Memory and Workers are those of the comparison, see diff.Input, and Progress is called by it with the number of rows of the new file compared so far.
	Memory   int64
	Workers  int
	Progress func(rows int)
	// TempDir is where the files without a name lie. Defaults to the system's folder.
	TempDir string
	// Alloc gives Arrow its memory. Defaults to Go's own.
	Alloc memory.Allocator
}

// A Reading is what reading a file came to.
type Reading struct {
	roster.Summary
	SHA256 string // of the whole file
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
	old, new *rosterFile  // nil where they could not be made
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

// Compare reads both files and compares them. Its error is the context's, a reader's, or says which part of this side failed; what is wrong with a file is in its reading.
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

// read reads both files at the same time. Where one can't be read, reading the other is given up.
func (r *Result) read(ctx context.Context, o Options) error {
	var err error
	if r.old, err = newRosterFile(o); err != nil {
		return err
	}
	if r.new, err = newRosterFile(o); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var both sync.WaitGroup
	for _, side := range []struct {
		what string
		src  Source
		into *rosterFile
		out  *Reading
	}{{"old", o.Old, r.old, &r.Old}, {"new", o.New, r.new, &r.New}} {
		both.Go(func() {
			reading, err := side.into.read(ctx, side.src, o)
			if err != nil {
				stop(fmt.Errorf("read the %s file: %w", side.what, err))
			}
			*side.out = reading
		})
	}
	both.Wait()
	return context.Cause(ctx)
}

// compare compares the new roster with the directory that the old one stands for.
func (r *Result) compare(ctx context.Context, o Options) error {
	old, err := r.old.open(o.Alloc)
	if err != nil {
		return fmt.Errorf("compare files: %w", err)
	}
	rows, err := r.new.open(o.Alloc)
	if err != nil {
		return fmt.Errorf("compare files: %w", err)
	}
	r.plan, err = diff.Compare(ctx, diff.Input{
		Roster: rows, Directory: newFormer(old, o.Tenant.People), People: o.Tenant.People,
		FileSHA256: r.New.SHA256, MappingDigest: o.Tenant.RulesDigest(),
		// Now stays zero: it decides who can be restored, and nobody is deleted in a directory that one file made.
		Memory: o.Memory, TempDir: o.TempDir, Workers: o.Workers, Progress: o.Progress, Alloc: o.Alloc,
	})
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
