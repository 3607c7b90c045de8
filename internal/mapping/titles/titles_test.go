package titles

import (
	"slices"
	"testing"

	"rollcall.internal/internal/roster"
)

// No name means two fields: what a title is taken for does not depend on the order of a table.
func TestNamesAreOfOneField(t *testing.T) {
	t.Parallel()
	of := map[string]roster.Field{}
	for f := range guide {
		for _, name := range append(slices.Clone(Others(f)), Guide(f)) {
			letters := Letters(name)
			if other, taken := of[letters]; taken && other != f {
				t.Errorf("%q is the name of %s and of %s", name, f, other)
			}
			of[letters] = f
			if got, _, ok := Of(name); !ok || got != f {
				t.Errorf("%q is taken for %q, want %s", name, got, f)
			}
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]roster.Field{
		"E-Mail": roster.Email, "WORK_EMAIL": roster.Email, "Prénom": roster.FirstName, "EmployeeID": roster.UniqueID, "hire_start_date": roster.HireStartDate,
		"Date d’embauche": roster.HireStartDate, "Shoe Size": "",
	} {
		if got, _, _ := Of(title); got != want {
			t.Errorf("%q is taken for %q, want %q", title, got, want)
		}
	}
}
