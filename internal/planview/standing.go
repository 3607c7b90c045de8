package planview

import (
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
)

// A Standing is where an import stands, in words.
type Standing struct {
	Word string // "needs a decision"
	Next string // who acts next: "the CSM", "customer IT", "Rollcall", "ops"; "" for nobody
	Why  string // one sentence: what that means, or what to do
}

// StandingOf returns where an import stands.
func StandingOf(i ledger.Import) Standing {
	if i.Phase == contract.Closed {
		return ended(i.Outcome)
	}
	return underWay(i.Phase)
}

func underWay(p contract.Phase) Standing {
	switch p {
	case contract.Receiving:
		return Standing{"received", "Rollcall", "The file is being claimed."}
	case contract.Reading:
		return Standing{"checking the file", "Rollcall", "The file is being read under the tenant's mapping."}
	case contract.Comparing:
		return Standing{"comparing", "Rollcall", "The file is being compared with the directory."}
	case contract.AwaitingDecision:
		return Standing{"needs a decision", "the CSM", "Nothing changes until somebody approves it or turns it down."}
	case contract.Applying:
		return Standing{"applying", "Rollcall", "The approved changes are being made."}
	case contract.Inviting:
		return Standing{"sending invitations", "Rollcall", "The directory is changed; new people are being invited."}
	}
	return Standing{Word: string(p)}
}

func ended(o contract.Outcome) Standing {
	switch o {
	case contract.Refused:
		return Standing{"file refused", "customer IT", "Nothing was changed. The file must be corrected and uploaded again; its receipt says what is wrong."}
	case contract.NothingNew:
		return Standing{"nothing new", "", "There was no new file, or it was the same as the last one."}
	case contract.NoChange:
		return Standing{"no changes", "", "The directory already equals the file."}
	case contract.TurnedDown:
		return Standing{"turned down", "customer IT", "A reviewer turned the plan down. Nothing was changed."}
	case contract.Expired:
		return Standing{"expired", "the CSM", "Nobody decided in time. Nothing was changed; the file is planned anew when it is uploaded again."}
	case contract.SupersededByNewer:
		return Standing{"replaced", "", "A newer file took its place before anybody decided. Nothing was changed by this one."}
	case contract.Withdrawn:
		return Standing{"withdrawn", "", "The customer took the file back. Nothing was changed."}
	case contract.Rehearsed:
		return Standing{"rehearsed", "the CSM", "The tenant is not active yet: this is what the import would have done. Nothing was changed."}
	}
	return endedApply(o)
}

func endedApply(o contract.Outcome) Standing {
	switch o {
	case contract.Applied:
		return Standing{"applied", "", "The directory equals what was approved."}
	case contract.AppliedWithFailures:
		return Standing{"applied with failures", "the CSM", "Some people were changed by somebody else meanwhile and were left as they are."}
	case contract.Stopped:
		return Standing{"stopped", "ops", "The run was cancelled or ended from outside. The next import plans what is left."}
	case contract.Stale:
		return Standing{"out of date", "the CSM", "The directory changed under the plan before anything was applied. Nothing was changed."}
	}
	return Standing{Word: string(o)}
}
