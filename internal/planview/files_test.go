package planview_test

import (
	"strings"
	"testing"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/roster"
)

// compared is two files of which the newer one is what an import waits with.
func compared(t *testing.T) planview.Files {
	t.Helper()
	i := waiting(t)
	return planview.Files{
		Old:     planview.FileRead{Name: "roster 11.01.2026.csv", Summary: roster.Summary{Rows: 5000}},
		New:     planview.FileRead{Name: "roster\x1b[31m 12.01.2026.csv", Summary: roster.Summary{Rows: 4621, SetAside: 3, Totals: i.Findings.Totals}},
		Summary: i.Summary, Checks: i.Checks, Mapping: i.Mapping,
	}
}

func TestFilesPage(t *testing.T) {
	t.Parallel()
	golden(t, "files.txt", planview.FilesPage(compared(t), planview.Style{}))
	same := compared(t)
	same.Summary = changeset.Summary{Digest: digest, Totals: changeset.Totals{Unchanged: 5000}, Members: 5000}
	same.Checks = nil
	golden(t, "files_same.txt", planview.FilesPage(same, planview.Style{}))
	one := compared(t)
	one.Summary.Totals = changeset.Totals{Update: 1}
	if got := planview.FilesPage(one, planview.Style{}); !strings.HasPrefix(got, "1 person changes ") {
		t.Errorf("of one change it says %q", strings.SplitN(got, "\n", 2)[0])
	}
}
