package registrar

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/report"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// Report gives f the verification list of an import, which is good only inside f. Locale "" is the language of who is to verify it; mask leaves out the values of private
// fields. An import that was not compared has no list, and the error says why.
func (r *Registrar) Report(ctx context.Context, id tenant.ImportID, locale string, mask bool, f func(*report.Document) error) error {
	view, err := r.Import(ctx, id)
	if err != nil {
		return err
	}
	if err := compared(view.Import); err != nil {
		return err
	}
	d := &report.Document{Locale: locale, Mask: mask, Import: view.Import, Apply: view.Apply}
	if d.File, err = r.TenantFile(ctx, id.Tenant, view.TenantVersion); err != nil {
		return err
	}
	if d.Locale == "" {
		d.Locale = report.LocaleOf(d.File)
	}
	if d.Findings, err = r.Findings(ctx, view.Import); err != nil {
		return gone(err, id)
	}
	if d.Identities, err = r.identities(ctx, view.Import, d.Findings); err != nil {
		return err
	}
	file, size, err := r.Artifacts.OpenAt(ctx, view.Artifacts.ChangeSet)
	if err != nil {
		return gone(err, id)
	}
	defer file.Close()
	d.Changes = interruptible(ctx, batch.ReadChangeSet(file, size, memory.DefaultAllocator))
	if err := r.concerned(ctx, d); err != nil {
		return err
	}
	return f(d)
}

// gone says that what a list is made of was deleted because its time was up, where that is why it can't be read.
func gone(err error, id tenant.ImportID) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("what %s would change is no longer kept: %w", id, err)
	}
	return err
}

// interruptible ends a sequence with the context's error where that is cancelled.
func interruptible(ctx context.Context, changes iter.Seq2[changeset.Change, error]) iter.Seq2[changeset.Change, error] {
	return func(yield func(changeset.Change, error) bool) {
		n := 0
		for c, err := range changes {
			if n++; n%batch.Rows == 0 && ctx.Err() != nil {
				yield(changeset.Change{}, ctx.Err())
				return
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// concerned fills in what the directory knows of the members concerned, and how many people are invited.
func (r *Registrar) concerned(ctx context.Context, d *report.Document) error {
	var members []string
	for c, err := range d.Changes {
		if err != nil {
			return err
		}
		if c.Member != "" {
			members = append(members, c.Member)
		}
	}
	known, err := r.Ledger.PeopleNamed(ctx, d.Import.ID.Tenant, members)
	if err != nil {
		return err
	}
	d.Known = known
	if d.Apply != nil {
		d.Invitations, err = r.Ledger.InvitationsOf(ctx, d.Import.ID)
		return err
	}
	for c, err := range d.Changes {
		if err != nil {
			return err
		}
		if report.Invited(c, known[c.Member], d.File.People.Invite) {
			d.Invitations++
		}
	}
	return nil
}

// identities returns who stands in the rows that findings are about, as the stored roster has them. Where the roster is no longer kept, they are left out.
func (r *Registrar) identities(ctx context.Context, imp ledger.Import, s roster.Summary) (map[int]report.Identity, error) {
	wanted := map[int]report.Identity{}
	for _, f := range s.Findings {
		if f.Row > 0 && f.Level != roster.Note {
			wanted[f.Row] = report.Identity{}
		}
	}
	if len(wanted) == 0 || imp.Artifacts.Roster == (artifact.Ref{}) {
		return wanted, nil
	}
	file, size, err := r.Artifacts.OpenAt(ctx, imp.Artifacts.Roster)
	if errors.Is(err, fs.ErrNotExist) {
		return wanted, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	stored, err := batch.OpenRoster(file, size, memory.DefaultAllocator)
	if errors.Is(err, batch.ErrLayout) {
		return wanted, nil // of an earlier release
	}
	if err != nil {
		return nil, err
	}
	defer stored.Close()
	return wanted, stored.Named(func(number int, uniqueID, email []byte) {
		if who, ok := wanted[number]; ok && who == (report.Identity{}) {
			wanted[number] = report.Identity{UniqueID: string(uniqueID), Email: string(email)}
		}
	})
}
