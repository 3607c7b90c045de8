package receipt

import (
	"strings"
	"testing"
	"time"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
)

// Every outcome and phase has its own sentence in both languages, and French has no plain space before a colon.
func TestNextSaysSomethingForEverything(t *testing.T) {
	t.Parallel()
	outcomes := []contract.Outcome{
		contract.Refused, contract.NothingNew, contract.NoChange, contract.TurnedDown, contract.Expired, contract.SupersededByNewer, contract.Withdrawn,
		contract.Rehearsed, contract.Applied, contract.AppliedWithFailures, contract.Stopped, contract.Stale,
	}
	for _, locale := range []string{roster.EnUS, roster.FrCA} {
		seen := map[string]contract.Outcome{}
		for _, o := range outcomes {
			s := Next(Progress{Phase: contract.Closed, Outcome: o}, locale)
			if other, twice := seen[s]; s == "" || twice {
				t.Errorf("%s: %s says %q, as %s does", locale, o, s, other)
			}
			if strings.Contains(s, " :") {
				t.Errorf("%s: %s has a plain space before a colon: %q", locale, o, s)
			}
			seen[s] = o
		}
	}
	waiting := Next(Progress{Phase: contract.AwaitingDecision, Changes: 12, Deadline: time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC)}, roster.EnUS)
	if !strings.Contains(waiting, "12 changes") || !strings.Contains(waiting, "2026-12-01 11:00 UTC") {
		t.Errorf("waiting says %q", waiting)
	}
}
