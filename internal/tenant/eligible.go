package tenant

import (
	"fmt"
	"maps"
	"slices"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// Eligibility returns whether a person with these values is eligible, as program_eligibility says it: [roster.Eligible] or [roster.Ineligible]. It is for tenants whose files have no
// such column. Every field of EligibleWhen must have one of its values, in the standard form that translating leaves; where EligibleWhen is nil everybody is eligible.
func (p People) Eligibility(value func(roster.Field) string) string {
	for field, values := range p.EligibleWhen {
		if !slices.Contains(values, value(field)) {
			return roster.Ineligible
		}
	}
	return roster.Eligible
}

// eligibleWhen refuses a rule that contradicts the mapping, or that nobody could ever come up to.
func (v *validator) eligibleWhen(rule map[roster.Field][]string, m mapping.Mapping) {
	const path = "people.eligible_when"
	if rule == nil {
		return
	}
	if _, mapped := m.Column(roster.ProgramEligibility); mapped {
		v.add(path, "contradicts the column mapped to program_eligibility: use one of them")
		return
	}
	if len(rule) == 0 {
		v.add(path, "names no field, so it says nothing: name one and its values, or leave this out")
	}
	for _, field := range slices.Sorted(maps.Keys(rule)) {
		v.eligibleValues(path+"."+string(field), field, rule[field], m)
	}
}

func (v *validator) eligibleValues(path string, field roster.Field, values []string, m mapping.Mapping) {
	c, mapped := m.Column(field)
	switch {
	case !mapped:
		v.add(path, "no column is mapped to %s, so nobody would be eligible", field)
		return
	case field.Kind() != roster.Choice && (field.Kind() != roster.Text || field.Required() || field.Identifying()):
		v.add(path, "%s can't decide who is eligible: use a field whose values come from a set", field)
		return
	case len(values) == 0:
		v.add(path, "lists no value, so nobody would be eligible")
	}
	allowed := c.Allowed()
	for i, value := range values {
		at := fmt.Sprintf("%s[%d]", path, i)
		to, translated := c.Translate[value]
		switch {
		case value == "" || value != mapping.NormalValue(value):
			v.add(at, "%q is empty or has white space around it", value)
		case slices.Contains(values[:i], value):
			v.add(at, "%q is listed twice", value)
		case translated && to != value:
			v.add(at, "%q is translated to %q: write that", value, to)
		case allowed != nil && !slices.Contains(allowed, value):
			v.add(at, "%q is not one of the values of the column %q", value, c.Title)
		}
	}
}
