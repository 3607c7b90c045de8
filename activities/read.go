package activities

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.temporal.io/sdk/activity"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// findingsKept is how many findings of a file are kept; their totals count all of them.
const findingsKept = 10_000

// ReadRoster reads the file under the tenant's mapping, into a roster and its findings, and tells customer IT what came of it.
func (a *Activities) ReadRoster(ctx context.Context, in contract.ImportRef) (contract.RosterRead, error) {
	progress, stop := heartbeat(ctx, contract.RowProgress{})
	defer stop()
	imp, err := a.enter(ctx, in.Import, contract.Reading)
	if err != nil {
		return contract.RosterRead{}, err
	}
	agreed, err := a.agreed(ctx, imp)
	if err != nil {
		return contract.RosterRead{}, err
	}
	summary, err := a.read(ctx, &imp, agreed, func(rows int) { progress(contract.RowProgress{Rows: rows}) })
	if err != nil {
		return contract.RosterRead{}, err
	}
	imp.Rows, imp.SetAside, imp.Unreadable = summary.Rows, summary.SetAside, summary.Unreadable
	if err := a.Imports.RecordReading(ctx, imp); err != nil {
		return contract.RosterRead{}, err
	}
	refused := summary.Verdict == roster.RefusedByFile
	if !refused {
		archived, err := a.Deliveries.ArchiveOlder(ctx, imp.ID)
		if err != nil {
			return contract.RosterRead{}, err
		}
		if err := a.tellUnread(ctx, imp, archived); err != nil {
			return contract.RosterRead{}, err
		}
	}
	if err := a.tell(ctx, imp, agreed, summary); err != nil {
		return contract.RosterRead{}, err
	}
	return contract.RosterRead{
		Refused: refused, Rows: summary.Rows, Accepted: summary.Accepted, SetAside: summary.SetAside, Findings: summary.Totals,
	}, nil
}

// enter records the phase, and which run drives the import now, and returns the import.
func (a *Activities) enter(ctx context.Context, id tenant.ImportID, phase contract.Phase) (ledger.Import, error) {
	if err := a.Imports.EnterPhase(ctx, id, phase); err != nil {
		return ledger.Import{}, err
	}
	if err := a.Imports.RenewRun(ctx, id, activity.GetInfo(ctx).WorkflowExecution.RunID); err != nil {
		return ledger.Import{}, err
	}
	return a.Imports.Import(ctx, id)
}

// read writes the artifacts of a reading: the roster while the file is read, its findings afterwards. Lines that the last file had as well, under the same rules, are not read again.
func (a *Activities) read(ctx context.Context, imp *ledger.Import, agreed tenant.File, progress func(rows int)) (roster.Summary, error) {
	people := imp.Artifacts.Upload.Bytes / bytesAPerson
	part, release, err := a.Memory.take(ctx, people, readingAPerson+intake.KnownLineSize)
	if err != nil {
		return roster.Summary{}, err
	}
	defer release()
	known := a.knownLines(ctx, *imp, part-partFloor-people*readingAPerson)
	summary, err := a.readKnowing(ctx, imp, agreed, known, progress)
	if errors.Is(err, intake.ErrKnownShared) {
		summary, err = a.readKnowing(ctx, imp, agreed, nil, progress)
	}
	return summary, err
}

// knownLines returns the lines of the last file that was read under the same rules, as many as memory bytes hold. Without them the file is only read more slowly, so nothing that goes wrong
// here concerns it.
func (a *Activities) knownLines(ctx context.Context, imp ledger.Import, memory int64) *intake.Known {
	ref, err := a.Imports.LastRead(ctx, imp.ID, imp.MappingDigest)
	if err != nil || ref.IsZero() || memory <= 0 {
		return nil
	}
	known, err := a.loadKnown(ctx, ref, memory)
	if err != nil {
		return nil
	}
	return known
}

func (a *Activities) loadKnown(ctx context.Context, ref artifact.Ref, most int64) (*intake.Known, error) {
	if err := a.verify(ctx, ref); err != nil {
		return nil, err
	}
	file, size, err := a.Artifacts.OpenAt(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	last, err := batch.OpenRoster(file, size, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	defer last.Close()
	return intake.LoadKnown(ctx, last, most)
}

// readKnowing reads the file of which lines are known.
func (a *Activities) readKnowing(ctx context.Context, imp *ledger.Import, agreed tenant.File, known *intake.Known, progress func(rows int)) (summary roster.Summary, err error) {
	upload, err := a.Artifacts.Open(ctx, imp.Artifacts.Upload)
	if err != nil {
		return roster.Summary{}, err
	}
	defer upload.Close()
	o := readingOptions(*imp, agreed)
	o.Known, o.Progress = known, progress
	imp.Artifacts.Roster, err = a.put(ctx, imp.ID.Tenant, artifact.Roster, func(w io.Writer) error {
		out, err := batch.NewRosterWriter(w, agreed.Mapping.Fields(), memory.DefaultAllocator)
		if err != nil {
			return err
		}
		defer out.Close() // for where reading fails
		out.SetSeed(batch.SeedOf(string(imp.ID.Tenant)))
		if summary, err = intake.Read(ctx, upload, o, out); err != nil {
			return err
		}
		// A file that is refused early is not read to its end, where it would show that a disk spoiled it and nobody is to blame for it.
		if _, err := io.Copy(io.Discard, untilDone{ctx, upload}); err != nil {
			return err
		}
		return out.Close()
	})
	if err != nil {
		return roster.Summary{}, err
	}
	stored, err := ledger.EncodeFindings(summary)
	if err != nil {
		return roster.Summary{}, err
	}
	imp.Artifacts.Findings, err = a.Artifacts.Put(ctx, imp.ID.Tenant, artifact.Findings, stored)
	return summary, err
}

// readingOptions say how an import's file is read.
func readingOptions(imp ledger.Import, agreed tenant.File) intake.Options {
	return intake.Options{
		Mapping: agreed.Mapping, FileName: imp.File, Delimiter: agreed.Upload.Delimiter, MaxRows: agreed.Upload.MaxRows, MaxBytes: agreed.Upload.MaxBytes, FindingsLimit: findingsKept,
	}
}

// put stores what write writes, while it is written. The writer has ended when put returns.
func (a *Activities) put(ctx context.Context, id tenant.ID, kind artifact.Kind, write func(io.Writer) error) (artifact.Ref, error) {
	r, w := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		w.CloseWithError(write(w))
	}()
	ref, err := a.Artifacts.Put(ctx, id, kind, r)
	r.Close() // where Put gave up early, this ends the writer
	<-written
	return ref, err
}
