package activities

import (
	"context"
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
	_, release, err := a.Memory.take(ctx, imp.Artifacts.Upload.Bytes/bytesAPerson, readingAPerson)
	if err != nil {
		return contract.RosterRead{}, err
	}
	defer release()
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

// read writes the artifacts of a reading: the roster while the file is read, its findings afterwards.
func (a *Activities) read(ctx context.Context, imp *ledger.Import, agreed tenant.File, progress func(rows int)) (summary roster.Summary, err error) {
	upload, err := a.Artifacts.Open(ctx, imp.Artifacts.Upload)
	if err != nil {
		return roster.Summary{}, err
	}
	defer upload.Close()
	imp.Artifacts.Roster, err = a.put(ctx, imp.ID.Tenant, artifact.Roster, func(w io.Writer) error {
		out, err := batch.NewRosterWriter(w, agreed.Mapping.Fields(), memory.DefaultAllocator)
		if err != nil {
			return err
		}
		defer out.Close() // gives the memory back where reading fails
		out.SetSeed(batch.SeedOf(string(imp.ID.Tenant)))
		summary, err = intake.Read(ctx, upload, intake.Options{
			Mapping: agreed.Mapping, FileName: imp.File, Delimiter: agreed.Upload.Delimiter, MaxRows: agreed.Upload.MaxRows, MaxBytes: agreed.Upload.MaxBytes,
			FindingsLimit: findingsKept, Progress: progress,
		}, out)
		if err != nil {
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
