package roster_test

import (
	"errors"
	"strings"
	"testing"

	"rollcall.internal/internal/roster"
)

func TestCheckEmail(t *testing.T) {
	t.Parallel()
	tests := map[string]error{
		"ana@acme.example":                        nil,
		"o'brien+tag@sub.acme.example":            nil,
		"A.B-C_d@ACME.example":                    nil,
		"élodie@société.example":                  nil,
		"анна@пример.example":                     nil,
		"田中さん@例え.example":                         nil,
		strings.Repeat("a", 64) + "@acme.example": nil,
		"":                                   roster.ErrAddressNotBare,
		"ana":                                roster.ErrAddressNotBare,
		"@acme.example":                      roster.ErrAddressNotBare,
		"Ana <ana@acme.example>":             roster.ErrAddressNotBare,
		"ana@acme.example, ben@acme.example": roster.ErrAddressNotBare,
		`"a b"@acme.example`:                 roster.ErrAddressNotBare,
		"a..b@acme.example":                  roster.ErrAddressNotBare,
		".a@acme.example":                    roster.ErrAddressNotBare,
		"a b@acme.example":                   roster.ErrAddressNotBare,
		"ana@acme":                           roster.ErrAddressDomain,
		"ana@acme..example":                  roster.ErrAddressDomain,
		"ana@-acme.example":                  roster.ErrAddressDomain,
		"ana@acme_x.example":                 roster.ErrAddressDomain,
		"ana@127.0.0.1":                      roster.ErrAddressDomain,
		"ana@[127.0.0.1]":                    roster.ErrAddressDomain,
		"ana@acme.example ":                  roster.ErrAddressDomain,
		"ana\u200B@acme.example":             roster.ErrAddressHidden,
		"ana@ac\u00ADme.example":             roster.ErrAddressHidden,
		"ana\n@acme.example":                 roster.ErrAddressHidden,
		"аna@acme.example":                   roster.ErrAddressLookalike, // a Cyrillic а
		"ana@аcme.example":                   roster.ErrAddressLookalike,
		"ａna@acme.example":                   roster.ErrAddressLookalike,
		strings.Repeat("a", 65) + "@acme.example":    roster.ErrAddressLong,
		"a@" + strings.Repeat("a.", 130) + "example": roster.ErrAddressLong,
	}
	for address, want := range tests {
		if got := roster.CheckEmail(address); !errors.Is(got, want) || want == nil && got != nil {
			t.Errorf("CheckEmail(%q) = %v, want %v", address, got, want)
		}
	}
}

func TestFoldEmail(t *testing.T) {
	t.Parallel()
	same := [][]string{
		{"ana@acme.example", "ANA@Acme.Example", " ana@acme.example"},
		{"ren\u00E9e@acme.example", "rene\u0301e@acme.example", "RENE\u0301E@acme.example"},
		{"strauß@acme.example", "STRAUSS@acme.example"},
	}
	seen := map[string]int{}
	for i, group := range same {
		for _, address := range group {
			folded := roster.FoldEmail(address)
			if folded != roster.FoldEmail(group[0]) {
				t.Errorf("%q folds to %q, %q to %q", address, folded, group[0], roster.FoldEmail(group[0]))
			}
			if roster.FoldEmail(folded) != folded {
				t.Errorf("folding %q again gives another", folded)
			}
			if other, ok := seen[folded]; ok && other != i {
				t.Errorf("%q is the same as another address", address)
			}
			seen[folded] = i
		}
	}
}

func FuzzCheckEmail(f *testing.F) {
	f.Add("ana@acme.example")
	f.Add("田中@例え.テスト")
	f.Fuzz(func(t *testing.T, s string) {
		if roster.CheckEmail(s) != nil {
			return
		}
		if strings.ContainsAny(s, " \t\r\n<>,;\"()") || strings.Count(s, "@") != 1 || len(s) > 254 {
			t.Errorf("%q was taken for one bare address", s)
		}
		if folded := roster.FoldEmail(s); roster.FoldEmail(folded) != folded {
			t.Errorf("%q folds to %q, which folds on", s, folded)
		}
	})
}
