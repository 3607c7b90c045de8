package contract

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// The paces shorten waits and never lengthen one; what heartbeats is noticed within the pace's silence.
func TestPaces(t *testing.T) {
	t.Parallel()
	for _, times := range []Times{brief, long} {
		if got := Production.Of(times); got != times {
			t.Errorf("production changes %+v to %+v", times, got)
		}
		for _, p := range []Pace{Development, Test} {
			got := p.Of(times)
			if got.Attempt > times.Attempt || got.Heartbeat > times.Heartbeat || got.MaxRetry > times.MaxRetry || got.Whole != times.Whole {
				t.Errorf("%s changes %+v to %+v", p, times, got)
			}
			if noticed := max(got.Heartbeat, 0); times.Heartbeat > 0 && (noticed == 0 || noticed > 6*time.Second) {
				t.Errorf("at the pace %s a dead worker is noticed after %v", p, noticed)
			}
		}
	}
}

func TestClipped(t *testing.T) {
	t.Parallel()
	m := DecisionMessage{DecisionID: "d", Reason: strings.Repeat("é", 5000), Groups: make([]string, 100)}
	got := m.Clipped()
	if n := len(got.Reason); n > clippedText || n < clippedText-4 || !utf8.ValidString(got.Reason) {
		t.Errorf("the reason has %d bytes, valid %t", n, utf8.ValidString(got.Reason))
	}
	if len(got.Groups) != clippedGroups || got.DecisionID != "d" {
		t.Errorf("got %d groups and id %q", len(got.Groups), got.DecisionID)
	}
}

func TestSearchAttributesFitTheSlotsOfSQLVisibility(t *testing.T) {
	t.Parallel()
	slots := map[string]int{"Keyword": 10, "KeywordList": 3, "Int": 3, "Datetime": 3}
	seen := map[string]bool{}
	for _, a := range SearchAttributes() {
		if slots[a.Type]--; slots[a.Type] < 0 || seen[a.Name] {
			t.Errorf("%s of type %s has no slot, or stands twice", a.Name, a.Type)
		}
		seen[a.Name] = true
	}
}
