package receipt

import (
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// Hide returns the findings of a file that was read under m as a reader of the locale may be told them: as a receipt has them, without what only admins may see.
func Hide(s roster.Summary, m mapping.Mapping, locale string) []roster.Finding {
	hide := newMask(m, s, locale)
	told := make([]roster.Finding, len(s.Findings))
	for i, f := range s.Findings {
		told[i] = hide.finding(f)
	}
	return told
}
