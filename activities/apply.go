package activities

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.temporal.io/sdk/activity"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// BeginApply reads the decision again from its row, refuses to apply what the row does not release, looks for drift, and says what is going to be done.
func (a *Activities) BeginApply(ctx context.Context, in contract.BeginApplyInput) (contract.ApplyPlan, error) {
	_, stop := heartbeat(ctx, in)
	defer stop()
	if err := a.Imports.EnterPhase(ctx, in.Import, contract.Applying); err != nil {
		return contract.ApplyPlan{}, err
	}
	imp, err := a.Imports.Import(ctx, in.Import)
	if err != nil {
		return contract.ApplyPlan{}, err
	}
	d, err := a.Decisions.Decision(ctx, in.Import, in.DecisionID)
	if err != nil {
		return contract.ApplyPlan{}, err
	}
	if !releases(d, imp) || imp.Phase == contract.Closed {
		return contract.ApplyPlan{}, errReleaseRefused
	}
	changes, err := a.released(ctx, imp, d.Release())
	if err != nil {
		return contract.ApplyPlan{}, err
	}
	begun, err := a.Directory.BeginApply(ctx, imp.ID, d, changes, a.Chunk)
	if err != nil || begun.Stale || begun.Paused {
		return contract.ApplyPlan{Stale: begun.Stale, Paused: begun.Paused}, err
	}
	return planOf(changes, begun.ChunkSize), nil
}

// planOf counts the chunks and changes of each stage.
func planOf(changes []changeset.Change, chunkSize int) contract.ApplyPlan {
	plan := contract.ApplyPlan{Stages: []contract.StagePlan{}}
	for _, stage := range changeset.Stages() {
		plan.Stages = append(plan.Stages, contract.StagePlan{Stage: stage})
	}
	for _, chunk := range directory.Chunks(changes, chunkSize) {
		for i := range plan.Stages {
			if s := &plan.Stages[i]; s.Stage == chunk.Stage {
				s.Chunks++
				s.Changes += len(chunk.Changes)
			}
		}
	}
	return plan
}

// releases reports whether the row of a decision lets the import's change set be applied. Whether its maker may decide was judged when it was taken.
func releases(d ledger.Decision, imp ledger.Import) bool {
	return d.Effect == approval.Taken && d.Verdict != approval.TurnDown && d.ChangeSet == imp.Summary.Digest
}

// released reads the changes that a release lets through, in their order.
func (a *Activities) released(ctx context.Context, imp ledger.Import, release approval.Release) ([]changeset.Change, error) {
	file, size, err := a.Artifacts.OpenAt(ctx, imp.Artifacts.ChangeSet)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var changes []changeset.Change
	digester := changeset.NewDigester(imp.SHA256, imp.MappingDigest)
	for c, err := range batch.ReadChangeSet(file, size, memory.DefaultAllocator) {
		if err != nil {
			return nil, err
		}
		digester.Add(c)
		if release.Includes(c) {
			changes = append(changes, c)
		}
	}
	if digester.Digest() != release.ChangeSet {
		return nil, errReleaseRefused
	}
	return changes, nil
}

// ApplyStage applies the chunks of one stage, one after the other. Chunks that were applied before are passed over. It stops between two chunks when it is cancelled or
// its worker shuts down.
func (a *Activities) ApplyStage(ctx context.Context, in contract.ApplyStageInput) (contract.ApplyProgress, error) {
	var p contract.ApplyProgress
	progress, stop := heartbeat(ctx, p)
	defer stop()
	imp, err := a.Imports.Import(ctx, in.Import)
	if err != nil {
		return p, err
	}
	d, err := a.takenDecision(ctx, imp)
	if err != nil {
		return p, err
	}
	agreed, err := a.agreed(ctx, imp)
	if err != nil {
		return p, err
	}
	changes, err := a.released(ctx, imp, d.Release())
	if err != nil {
		return p, err
	}
	begun, err := a.Imports.ApplyProgress(ctx, imp.ID)
	if err != nil {
		return p, err
	}
	chunks := directory.Chunks(changes, begun.ChunkSize)
	for _, chunk := range chunks {
		if chunk.Stage != in.Stage {
			continue
		}
		if ctx.Err() != nil {
			return p, ctx.Err()
		}
		// The chunk is finished whatever happens to the context meanwhile: it is one short transaction, and stopping is at its edge.
		result, err := a.Directory.ApplyChunk(context.WithoutCancel(ctx), imp.ID, chunk, agreed.People.Invite == tenant.InviteAfterApproval)
		if err != nil {
			return p, err
		}
		p.Chunks++
		p.Applied += result.Applied
		p.SetAside += result.SetAside
		progress(p)
	}
	if n := len(chunks); n > 0 && chunks[n-1].Stage == in.Stage {
		a.publish(ctx, imp.ID, changes)
	}
	return p, nil
}

// publish makes the snapshot that the next comparison finds, now that the last chunk is applied. Without one the next comparison makes it, so nothing that goes wrong here concerns the apply.
func (a *Activities) publish(ctx context.Context, id tenant.ImportID, changes []changeset.Change) {
	outcome, err := a.Snapshots.Publish(ctx, id, func(yield func(changeset.Change, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	})
	log := activity.GetLogger(ctx)
	if err != nil {
		log.Warn("publish snapshot", "import", id.String(), "error", err.Error())
		return
	}
	log.Info("snapshot after apply", "import", id.String(), "outcome", string(outcome))
}

// takenDecision returns the decision that released the import's change set.
func (a *Activities) takenDecision(ctx context.Context, imp ledger.Import) (ledger.Decision, error) {
	d, err := a.Decisions.TakenDecision(ctx, imp.ID, imp.Summary.Digest)
	if err != nil {
		return ledger.Decision{}, err
	}
	if !releases(d, imp) {
		return ledger.Decision{}, errReleaseRefused
	}
	return d, nil
}

// EndApply counts what an apply did.
func (a *Activities) EndApply(ctx context.Context, in contract.ImportRef) (contract.ApplyReport, error) {
	done, invited, err := a.Directory.EndApply(ctx, in.Import)
	return contract.ApplyReport{Planned: done.Planned, Applied: done.Applied, SetAside: done.SetAside, Invited: invited}, err
}
