package report_test

import (
	"strings"
	"testing"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/report"
)

// The list promises that nobody in the file is deleted only where every row's person could be told.
func TestPromiseIsMadeOnlyWhereItHolds(t *testing.T) {
	t.Parallel()
	notices := func(checks ...approval.Check) string {
		d := report.Document{Locale: "en-US", Import: ledger.Import{Checks: checks}}
		return strings.Join(d.Notices(), "\n")
	}
	const promise, doubt = "Nobody who stands in the file", "may be among the people to delete"
	if got := notices(); !strings.Contains(got, promise) || strings.Contains(got, doubt) {
		t.Errorf("of a file that was read whole:\n%s", got)
	}
	if got := notices(approval.Check{ID: approval.CheckUnreadable, Level: approval.Hold, Value: 17}); strings.Contains(got, promise) || !strings.Contains(got, "17") || !strings.Contains(got, doubt) {
		t.Errorf("of a file with rows that could be anybody's:\n%s", got)
	}
}
