package receipt_test

import (
	"strings"
	"testing"
	"time"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
)

// Of a file that nobody read a receipt says neither that it was accepted nor that anything is right with it.
func TestUnreadFileHasNoVerdict(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{roster.EnUS: "Not read", roster.FrCA: "Non lu"} {
		r := receipt.New(receipt.Upload{Kind: receipt.Import, File: "a.csv", ReceivedAt: time.Unix(0, 0), Outcome: "superseded", Locale: locale}, roster.Summary{}, mapping.Mapping{}, 100)
		text := r.Text()
		if !strings.HasPrefix(text, want) || strings.Contains(text, "ccept") || r.Verdict != "" {
			t.Errorf("%s: verdict %q:\n%s", locale, r.Verdict, text)
		}
	}
}
