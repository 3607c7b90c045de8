package diff_test

import (
	"fmt"
	"testing"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/diff/difftest"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A row that may be about somebody who would be removed by the same file is counted, so that the file's removals are held.
func TestMovedPeopleAreCounted(t *testing.T) {
	t.Parallel()
	noID := with(ana, roster.UniqueID, "")
	long := with(ana, roster.UniqueID, "00100")
	tests := map[string]struct {
		member, row person
		want        int
	}{
		"the same":                        {ana, ana, 0},
		"another address, ID kept":        {ana, with(ana, roster.Email, "a.roy@x.example"), 0},
		"another address, no ID":          {noID, with(noID, roster.Email, "a.roy@x.example"), 1},
		"another address, ID left out":    {ana, with(noID, roster.Email, "a.roy@x.example"), 1},
		"another address, ID new":         {noID, with(ana, roster.Email, "a.roy@x.example"), 1},
		"the name in other case":          {noID, with(with(noID, roster.Email, "a.roy@x.example"), roster.FirstName, "ANA"), 1},
		"a namesake with an ID":           {ana, with(with(ana, roster.Email, "a.roy@x.example"), roster.UniqueID, "009"), 0},
		"somebody else":                   {ana, bob, 0},
		"the ID in another column":        {long, with(bob, roster.City, "00100"), 1},
		"a short ID in another column":    {ana, with(bob, roster.City, "001"), 0},
		"the address in another column":   {ana, with(bob, roster.City, "ANA@x.example"), 1},
		"the ID of somebody who is there": {bob, with(bob, roster.City, "00100"), 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := compare(t, tenant.People{Missing: tenant.MissingDelete}, []directory.Member{member(difftest.ID(0), test.member, directory.Invited)}, []batch.Row{line(2, test.row)})
			if got.AddressesWithoutID != test.want {
				t.Errorf("%d may be somebody else, want %d\n%s", got.AddressesWithoutID, test.want, fmt.Sprint(told(got)))
			}
		})
	}
}
