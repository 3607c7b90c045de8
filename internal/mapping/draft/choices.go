package draft

import (
	"slices"
	"strings"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// meanings are what HR systems say for the values of the fixed sets, by their plain words. Somebody on leave is inactive: the guide says so.
var meanings = map[roster.Field]map[string]string{
	roster.Status: {
		"active": roster.StatusActive, "a": roster.StatusActive, "actif": roster.StatusActive, "active employee": roster.StatusActive, "employed": roster.StatusActive, "current": roster.StatusActive, "working": roster.StatusActive,
		"inactive": roster.StatusInactive, "i": roster.StatusInactive, "inactif": roster.StatusInactive, "on leave": roster.StatusInactive, "leave": roster.StatusInactive, "l": roster.StatusInactive, "loa": roster.StatusInactive,
		"leave of absence": roster.StatusInactive, "paid leave": roster.StatusInactive, "unpaid leave": roster.StatusInactive, "parental leave": roster.StatusInactive, "maternity leave": roster.StatusInactive,
		"en conge": roster.StatusInactive, "conge": roster.StatusInactive, "suspended": roster.StatusInactive, "terminated": roster.StatusInactive,
	},
	roster.ProgramEligibility: {
		"eligible": roster.Eligible, "e": roster.Eligible, "yes": roster.Eligible, "y": roster.Eligible, "true": roster.Eligible, "oui": roster.Eligible, "admissible": roster.Eligible, "1": roster.Eligible,
		"ineligible": roster.Ineligible, "not eligible": roster.Ineligible, "non eligible": roster.Ineligible, "no": roster.Ineligible, "n": roster.Ineligible, "false": roster.Ineligible, "non": roster.Ineligible,
		"non admissible": roster.Ineligible, "inadmissible": roster.Ineligible, "0": roster.Ineligible,
	},
	roster.Locale: {
		"en us": roster.EnUS, "en": roster.EnUS, "english": roster.EnUS, "eng": roster.EnUS, "anglais": roster.EnUS, "enus": roster.EnUS, "en ca": roster.EnUS, "english us": roster.EnUS, "english united states": roster.EnUS,
		"fr ca": roster.FrCA, "fr": roster.FrCA, "french": roster.FrCA, "fre": roster.FrCA, "francais": roster.FrCA, "frca": roster.FrCA, "french canada": roster.FrCA, "french canadian": roster.FrCA, "canadian french": roster.FrCA, "fra": roster.FrCA,
	},
}

var yesOrNo = map[string]string{
	"yes": "yes", "y": "yes", "true": "yes", "t": "yes", "oui": "yes", "1": "yes", "vrai": "yes",
	"no": "no", "n": "no", "false": "no", "f": "no", "non": "no", "0": "no", "faux": "no",
}

// Meaning returns the value of the field's fixed set that HR systems mean by a text; ok is false where nothing is known of it.
func Meaning(f roster.Field, text string) (string, bool) {
	table, ok := meanings[f]
	if !ok {
		table = yesOrNo
	}
	to, ok := table[Words(text)]
	return to, ok
}

// choices makes translations into the field's fixed set of the values that the table lists.
func (d *drafter) choices(e *entry, c *mapping.Column, listed []value) {
	fixed, column := c.Field.Choices(), d.table.columns[roleValues]
	for _, v := range listed {
		to, guessed := v.standard, false
		if to == "" && slices.Contains(fixed, v.text) {
			continue
		}
		if to == "" {
			to, guessed = v.text, true
		}
		if known, ok := Meaning(c.Field, to); ok {
			guessed = guessed || known != to
			to = known
		}
		if !slices.Contains(fixed, to) {
			d.problem(v.row, column, Warning, "%s is none of %s: rows that say so have the value set aside until it is translated", quoted(v.text), strings.Join(fixed, ", "))
			continue
		}
		if to == v.text {
			continue
		}
		if c.Translate == nil {
			c.Translate = map[string]string{}
		}
		c.Translate[v.text] = to
		if guessed {
			d.guess(e, v.row, column, "translate", "%s is taken for %s", quoted(v.text), to)
			e.guesses[len(e.guesses)-1].Value = v.text
		}
	}
}
