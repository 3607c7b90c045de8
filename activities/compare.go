package activities

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/snapshot"
	"rollcall.internal/internal/tenant"
)

// Compare computes the change set of an import, weighs it, and stores both.
func (a *Activities) Compare(ctx context.Context, in contract.ImportRef) (contract.Comparison, error) {
	progress, stop := heartbeat(ctx, contract.RowProgress{})
	defer stop()
	imp, err := a.enter(ctx, in.Import, contract.Comparing)
	if err != nil {
		return contract.Comparison{}, err
	}
	agreed, err := a.rules(ctx, imp)
	if err != nil {
		return contract.Comparison{}, err
	}
	memory, release, err := a.Memory.take(ctx, int64(imp.Rows), comparingAPerson)
	if err != nil {
		return contract.Comparison{}, err
	}
	defer release()
	result, err := a.diff(ctx, &imp, agreed, memory, func(rows int) { progress(contract.RowProgress{Rows: rows}) })
	if err != nil {
		return contract.Comparison{}, err
	}
	defer result.Close()
	result.Summary.Totals.SetAside += imp.SetAside
	imp.Summary = result.Summary
	imp.Deadline = agreed.Upload.NextDue(a.Clock.Now().Add(a.DecisionTime))
	if imp.Checks, err = a.weigh(ctx, imp, agreed, result); err != nil {
		return contract.Comparison{}, err
	}
	imp.Artifacts.ChangeSet, err = a.put(ctx, imp.ID.Tenant, artifact.ChangeSet, func(w io.Writer) error { return writeChanges(w, result) })
	if err != nil {
		return contract.Comparison{}, err
	}
	return a.plan(ctx, imp)
}

// rules returns what was agreed under the version that the import is read under. Whom nobody removes is the one rule that is not pinned: it is taken as it is now.
func (a *Activities) rules(ctx context.Context, imp ledger.Import) (tenant.File, error) {
	agreed, err := a.agreed(ctx, imp)
	if err != nil {
		return tenant.File{}, err
	}
	current, err := a.currentFile(ctx, imp.ID.Tenant)
	agreed.People.Protect = current.People.Protect
	return agreed, err
}

// plan records a compared import. It waits for a decision from here on, unless nothing would change or its tenant is not active yet.
func (a *Activities) plan(ctx context.Context, imp ledger.Import) (contract.Comparison, error) {
	record, err := a.Tenants.Tenant(ctx, imp.ID.Tenant)
	if err != nil {
		return contract.Comparison{}, err
	}
	rehearsal := record.State == tenant.SettingUp
	if err := a.Imports.RecordPlan(ctx, imp, !rehearsal && approval.Waits(imp.Summary.Totals, imp.Checks)); err != nil {
		return contract.Comparison{}, err
	}
	if err := a.retell(ctx, imp.ID); err != nil {
		return contract.Comparison{}, err
	}
	return contract.Comparison{
		ChangeSet: imp.Summary.Digest, Totals: imp.Summary.Totals, Removals: imp.Summary.Removals,
		RemovalOp: imp.Summary.RemovalOp, Checks: imp.Checks,
		Rehearsal: rehearsal, Wait: imp.Deadline.Sub(a.Clock.Now()), Deadline: imp.Deadline,
	}, nil
}

// diff compares the stored roster with the directory. Where the roster can't be used as it is (its rows can't be read from their lines any more, because another program runs now than when the file was
// read; another release wrote it; a disk spoiled it), the file is read anew, in the memory that comparing has been given and does not take yet.
func (a *Activities) diff(ctx context.Context, imp *ledger.Import, agreed tenant.File, part int64, progress func(rows int)) (*diff.Result, error) {
	result, err := a.diffStored(ctx, *imp, agreed, part, progress)
	if !errors.Is(err, intake.ErrReadOtherwise) && !errors.Is(err, batch.ErrLayout) && !errors.Is(err, artifact.ErrDamaged) {
		return result, err
	}
	summary, err := a.readKnowing(ctx, imp, agreed, nil, progress)
	if err != nil {
		return nil, err
	}
	if summary.Verdict == roster.RefusedByFile {
		return nil, errRefusedNow
	}
	imp.Rows, imp.SetAside, imp.Unreadable = summary.Rows, summary.SetAside, summary.Unreadable
	if err := a.Imports.RecordReading(ctx, *imp); err != nil {
		return nil, err
	}
	return a.diffStored(ctx, *imp, agreed, part, progress)
}

// verify reads an artifact from beginning to end, by which its digest is compared: where it is read at any place afterwards, nothing else would tell that a disk spoiled it.
func (a *Activities) verify(ctx context.Context, ref artifact.Ref) error {
	r, err := a.Artifacts.Open(ctx, ref)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, untilDone{ctx, r})
	return err
}

// untilDone reads until its context ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

func (a *Activities) diffStored(ctx context.Context, imp ledger.Import, agreed tenant.File, part int64, progress func(rows int)) (result *diff.Result, err error) {
	if err := a.verify(ctx, imp.Artifacts.Roster); err != nil {
		return nil, err
	}
	file, size, err := a.Artifacts.OpenAt(ctx, imp.Artifacts.Roster)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := batch.OpenRoster(file, size, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	upload := &uploadLines{a: a, imp: imp, agreed: agreed, rows: rows}
	defer upload.close()
	resolve := upload.resolver(ctx)
	head := batch.SnapshotHead{Fields: diff.Fields(rows.Fields(), agreed.People), Hashed: rows.Fields(), Seed: rows.Seed()}
	err = a.Snapshots.Use(ctx, imp.ID.Tenant, head, func(people *snapshot.Opened) error {
		if result != nil { // of a snapshot that turned out to be damaged
			result.Close()
		}
		result, err = diff.Compare(ctx, diff.Input{
			Roster: rows, Resolve: resolve, Directory: people, Epoch: people.Epoch, People: agreed.People,
			FileSHA256: imp.SHA256, MappingDigest: imp.MappingDigest, Now: a.Clock.Now(), Memory: part, Progress: progress,
		})
		return err
	})
	if err != nil && result != nil {
		result.Close()
	}
	return result, err
}

// uploadLines are the lines of the uploaded file, from which the rows of its roster are read that something is to be said of. The file is opened when the first of them is asked for.
type uploadLines struct {
	a      *Activities
	imp    ledger.Import
	agreed tenant.File
	rows   *batch.RosterFile
	upload io.Closer // nil until then
}

func (l *uploadLines) resolver(ctx context.Context) batch.Resolver {
	opened := sync.OnceValues(func() (batch.Resolver, error) {
		upload, size, err := l.a.Artifacts.OpenAt(ctx, l.imp.Artifacts.Upload)
		if err != nil {
			return nil, err
		}
		l.upload = upload
		return intake.NewResolver(ctx, upload, size, readingOptions(l.imp, l.agreed), l.rows)
	})
	return func(lines []batch.LineRef, into *batch.Block) error {
		resolve, err := opened()
		if err != nil {
			return err
		}
		return resolve(lines, into)
	}
}

func (l *uploadLines) close() {
	if l.upload != nil {
		_ = l.upload.Close() // only read
	}
}

func writeChanges(w io.Writer, result *diff.Result) error {
	out, err := batch.NewChangeSetWriter(w, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	defer out.Close() // gives the memory back where writing fails
	for c, err := range result.Changes() {
		if err != nil {
			return err
		}
		if err := out.Add(c); err != nil {
			return err
		}
	}
	return out.Close()
}

// weigh gathers what the checks look at.
func (a *Activities) weigh(ctx context.Context, imp ledger.Import, agreed tenant.File, result *diff.Result) ([]approval.Check, error) {
	last, found, err := a.Imports.LastApplied(ctx, imp.ID)
	if err != nil {
		return nil, err
	}
	read, err := imp.Findings(ctx, a.Artifacts)
	if err != nil {
		return nil, err
	}
	lastDate, _ := intake.NameDate(last.File)
	date, _ := intake.NameDate(imp.File)
	return approval.Weigh(approval.Gather(
		approval.Reading{Rows: imp.Rows, SetAside: imp.SetAside, Unreadable: imp.Unreadable, Held: read.Held, ValuesAside: read.ValuesAside, Date: date},
		approval.Plan{
			Summary: result.Summary, Unmatched: result.Unmatched, Protected: result.Protected, Rekeys: result.Rekeys, AddressesWithoutID: result.AddressesWithoutID,
		},
		approval.Last{Found: found, Rows: last.Rows, MappingChanged: last.MappingDigest != imp.MappingDigest, Date: lastDate},
		agreed.Mapping,
	)), nil
}
