// Package diff computes what an import would change: it compares a roster with the directory.
//
// [Compare] is a pure function of the roster, the members and the tenant's rules. Its rules are four:
//
//  1. match: which member each row is about, by unique ID first, then by folded address;
//  2. conflict: rows whose person is not surely the member that they match are set aside, and both people are protected;
//  3. change: what each matched or new person's row changes;
//  4. removal: who is in the directory and not in the file, less everybody who is protected.
//
// # Rejected is not missing
//
// Whoever stands in the file in any form is never removed by it: a row that was set aside while reading, or here, protects everybody whom its unique ID or its
// address could mean. A row of which only one of the two can be read may match nobody and still be about somebody whom the directory knows by the other; such rows are
// counted, beside those that reading could make nothing of, and the check on them holds the import's removals.
//
// # Who is eligible
//
// Where a column says who is eligible, its cells are compared like any other's. Where none does, the tenant's rules say it: everybody is eligible, or whoever has one of the values
// of people.eligible_when, all of its fields considered. It is worked out from each row, and where the row says nothing about a field, from what the directory holds: so it
// stands in the change set as a change of program_eligibility like any other, and what comes after knows nothing of the rule. A new person of whom the row does not say it is not
// eligible. A tenant that drops the rule, or the column, makes everybody in the file eligible, and the change set says that too.
//
// # How it computes
//
// Both sides stand in columns with 64-bit keys of their identifiers and 128-bit hashes of their rows, so most people are compared without a look at their values. Those of the directory are read with it; those of a row
// stand in the uploaded file alone, of which the roster is the index, and are read by Input.Resolve where they are needed:
//
//   - keys.go reads both sides, batches side by side, into key records, and keeps a byte or two of each person;
//   - join.go joins the records by unique ID. They are partitioned by the key's top bits from the first: a partition's table fits a processor's cache, and one that does
//     not fit the memory that is allowed lies in a file. So there is one way for a thousand people and for ten million, where one table over all members would miss the
//     cache on every look-up and need another way beyond memory;
//   - asking.go joins by address whoever is left. Nearly every row has the address of the member with its unique ID, which the records tell, and no other member has that: so there are few rows to ask for, and a
//     filter over their keys tells nearly all members that nobody asks for them. The keys of both sides are read a second time for it, which takes less than keeping them. Where no unique ID is mapped the joins change places;
//   - settle.go marks the rows that surely change nothing. All others are open;
//   - rows.go reads what rows say: of a batch of the roster all lines that are wanted at once, into columns that the next batch uses again;
//   - pair.go reads open rows and brings them together with their members, however the orders of the two differ: rows are partitioned by where in the directory their
//     member lies, so that each batch of either side is read once even where every row is open. What a pair comes to (change.go), and who is missing (removal.go), goes to the sorter at once, as
//     if no address were in conflict;
//   - conflict.go then follows conflicts about addresses from row to row over the small arrays alone, and what turns out to be in conflict or protected is left out as the changes are read;
//   - sorter.go orders changes, in memory or by merging sorted runs; moved.go looks for removed people in the rows of new ones.
//
// A hash is never the only witness of who somebody is. A pair whose row hashes are equal is confirmed by those 128 bits; every other that a key suggests, of rows set aside as well, is confirmed by the identifier's bytes once
// the values are read, and so are members who share a key that is asked for. Where one is refuted, all is computed again under another seed, for which every row is read and hashed anew.
//
// # Size
//
// With m bytes of Input.Memory a third goes to key records, of 32 bytes a row and as many a member, in the second join with an eighth of it for the filter; and later a third each to open rows and to
// changes. What has no room goes to files without a name. Beside that stand ten bytes a row and one a member (110 MB for ten million people), which the later shares are reduced by, and per worker a batch of each side
// and the lines that are wanted of one. A conflict about an address takes some twelve bytes more. Files are read and written in blocks of kilobytes, one after the other.
//
// What comes out depends neither on the memory nor on the number of workers.
package diff
