package intake

import (
	"errors"
	"slices"
	"strings"

	"rollcall.internal/internal/mapping/titles"
	"rollcall.internal/internal/roster"
)

// meant returns the value of the field's set that was probably meant by text: one that is few letters away, or what is said for it elsewhere. It is only ever told.
func meant(f roster.Field, text string, allowed []string) (string, bool) {
	if near, ok := nearest(text, allowed); ok {
		return near, true
	}
	if f.Kind() != roster.Choice {
		return "", false
	}
	plain := titles.Letters(text)
	for _, value := range allowed {
		if slices.Contains(otherWords(f, value), plain) {
			return value, true
		}
	}
	return "", false
}

// otherWords are what systems write for a value of a fixed set, in the form of titles.Letters.
func otherWords(f roster.Field, value string) []string {
	switch {
	case f == roster.Status && value == roster.StatusActive:
		return []string{"a", "actif", "active", "working", "employed", "enposte", "1", "true", "yes", "y"}
	case f == roster.Status:
		// The guide: on leave means deactivated.
		return []string{"i", "inactif", "inactive", "onleave", "leave", "leaveofabsence", "loa", "enconge", "conge", "0", "false", "no", "n"}
	case value == roster.Eligible, value == "yes":
		return []string{"y", "yes", "true", "t", "1", "x", "o", "oui", "vrai", "admissible"}
	case value == roster.Ineligible, value == "no":
		return []string{"n", "no", "false", "f", "0", "non", "faux", "noneligible", "noteligible", "inadmissible", "nonadmissible"}
	case value == roster.EnUS:
		return []string{"en", "eng", "english", "englishus", "engb", "enca", "anglais"}
	case value == roster.FrCA:
		return []string{"fr", "fra", "fre", "french", "frenchcanada", "frfr", "francais"}
	}
	return nil
}

func (r *reader) reportAddress(f roster.Finding, err error) {
	f.Code, f.Level = roster.EmailFormat, roster.RowAside
	switch {
	case errors.Is(err, roster.ErrAddressLong):
		r.found.add(f, "long")
	case errors.Is(err, roster.ErrAddressHidden):
		r.found.add(f, "hidden")
	case errors.Is(err, roster.ErrAddressLookalike), strings.ContainsRune(f.Value, '＠'):
		r.found.add(f, "lookalike")
	case strings.Count(f.Value, "@") > 1 && len(addresses(f.Value)) != 1:
		r.found.add(f, "list")
	case errors.Is(err, roster.ErrAddressDomain):
		r.found.add(f, "domain")
	default:
		if inside := addresses(f.Value); len(inside) == 1 && saysOnlyAddresses(f.Value) {
			r.found.add(f, "inside", "near", inside[0])
			return
		}
		r.found.add(f, "")
	}
}
