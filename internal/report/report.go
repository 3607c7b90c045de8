// Package report is the verification list: what an import would do, person by person, for the customer to look at and to answer "this is right" or "something is wrong".
//
// It is the guide's step before activation, and works for every import that was compared, rehearsed or not. A [Document] says what there is to tell, in one of two
// languages and independent of any format; three writers lay it out:
//
//   - [WriteHTML]: one self-contained page to read and to print. Of many changes it shows the first of each kind and says so.
//   - [WriteCSV]: one flat table for programs and filters, with everything.
//   - package workbook: an XLSX workbook with a sheet for each kind of change, with everything.
//
// # Private fields
//
// A field is private where the tenant's mapping does not make it public. The list is for the customer, whose data it is and who can't verify what can't be
// read: so the values of private fields are in it, and each is marked as private, in the head of its column or beside its name, with a sentence that says what that means. A
// caller who passes the list on to others sets Mask: then the values of private fields are replaced, and that they change is all that is told. What a person is known by
// (name, address, unique ID) is always told, private or not, because a line about nobody verifies nothing.
//
// # Promises
//
// Every change of the change set is in the list exactly once, under its kind, with the value before and after of each field. Columns have the titles of the tenant's
// mapping. Kinds stand in the order of changeset.Ops, people within a kind in the order of the change set, fields in that of the mapping. Nothing depends on the time of
// writing: the same import, directory and language give the same bytes. Names of people whose name does not change come from the directory as it is when the list
// is made, since a change set does not hold them.
//
// # Memory
//
// Changes are read from their artifact as they are written, once for each kind, and are never held all at once; what is held is a name for each member concerned.
package report

import (
	"iter"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A Document is a verification list. Whoever makes one fills in all that is exported and changes nothing afterwards; Changes can be gone through as often as needed.
type Document struct {
	Locale string // en-US or fr-CA
	Mask   bool   // leave out the values of private fields; see the package comment

	Import ledger.Import
	File   tenant.File // what was agreed, under the version that the import was read under
	// Apply is how far the changes were made; nil where none were.
	Apply *ledger.Apply
	// Invitations is how many people would be invited by e-mail; of an import that was applied, how many invitations were made.
	Invitations int

	Findings roster.Summary
	// Known is what the directory knows of the members concerned, by member id; Identities who stands in the rows of the file that findings are about.
	Known      map[string]directory.Known
	Identities map[int]Identity
	Changes    iter.Seq2[changeset.Change, error]
}

// An Identity is by what a person can be known, as far as a row of the file could be read; "" for what could not.
type Identity struct{ UniqueID, Email string }

// LocaleOf returns the language in which a tenant's list is written where nobody asks for another: that of who is to verify it, the program owner; en-US where there
// is none.
func LocaleOf(f tenant.File) string {
	for _, c := range f.Contacts {
		if c.Role == tenant.ProgramOwner && c.Locale != "" {
			return c.Locale
		}
	}
	return roster.EnUS
}
