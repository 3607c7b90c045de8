package e2e

import (
	"testing"
)

// A story is a test on the shared stack.
type story struct {
	name string
	tell func(t *testing.T, s *stack)
}

func TestStack(t *testing.T) {
	s := startStack(t)
	t.Run("stories", func(t *testing.T) {
		for _, story := range stories() {
			t.Run(story.name, func(t *testing.T) {
				t.Parallel()
				story.tell(t, s)
			})
		}
	})
	t.Run("faults", func(t *testing.T) {
		for _, story := range faults() {
			t.Run(story.name, func(t *testing.T) { story.tell(t, s) })
		}
	})
	t.Run("afterwards", func(t *testing.T) {
		for _, look := range s.later {
			t.Run("once time has passed", look)
		}
		t.Run("nothing personal in Temporal", s.checkTemporalHoldsNothingPersonal)
		t.Run("nothing personal in logs", s.checkLogsHoldNothingPersonal)
		t.Run("nobody invited twice", s.checkNobodyInvitedTwice)
	})
	t.Run("again", s.stopAndStartAgain)
}

func stories() []story {
	return []story{
		{"two months", tellTwoMonths},
		{"expired", tellExpired}, // the longest: its deadline is a minute away
		{"superseded", tellSuperseded},
		{"refused while one waits", tellRefusedWhileOneWaits},
		{"identical while one waits", tellIdenticalWhileOneWaits},
		{"stale digest", tellStaleDigest},
		{"update", tellUpdate},
		{"strange signals", tellStrangeSignals},
		{"command died", tellCommandDied},
		{"ops", tellOps},
		{"turned down", tellTurnedDown},
		{"approved in part", tellApprovedInPart},
		{"refused files", tellRefusedFiles},
		{"rehearsed", tellRehearsed},
		{"the six steps", tellSettingUp},
		{"nothing new and no change", tellNothingNewAndNoChange},
		{"stopped by ops", tellStoppedByOps},
		{"stopped while applying", tellStoppedWhileApplying},
		{"paused by ops", tellPausedByOps},
		{"tenant paused", tellPausedTenant},
		{"cadences", tellCadences},
		{"rules changed", tellRulesChanged},
		{"tenants apart", tellTenantsApart},
		{"what is refused of a command", tellUsage},
		{"drift", tellDrift},
	}
}

func faults() []story {
	return []story{
		{"worker killed while sending", tellSenderKilled},
		{"worker killed while applying", tellWorkerKilled},
		{"postgres killed while applying", tellPostgresKilled},
		{"worker down while decided", tellWorkerDown},
		{"worker killed while reading and comparing", tellLargeRoster},
		{"temporal killed while waiting", tellTemporalKilled},
	}
}
