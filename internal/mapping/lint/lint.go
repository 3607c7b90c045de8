// Package lint says what is likely wrong with a mapping that is valid, alone and against a sample of the customer's file.
//
// A mapping that can't be honoured is refused by its decoder. What stands here is what a careful person asks before an activation: a diversity field that every member
// would see, people without a unique ID, a list whose values never occur, dates with day and month the wrong way round. Each kind of finding has an id that is
// never given another meaning.
//
// A sample is read by package intake, exactly as an upload is, so that what is told here of rows and values is what an import would tell. Beside that the cells of each column are
// counted as they stand in the file. The counting is bounded whatever the file holds: see [MostValues].
//
// Findings hold values of the sample, private ones too: they are for the desk of the person who sets the tenant up, and go nowhere else.
package lint

import (
	"cmp"
	"slices"

	"rollcall.internal/internal/roster"
)

// A Level says how bad a finding is.
type Level string

const (
	// Problem: the mapping is not valid, or the sample would be refused. Whoever keeps the tenant's file acts next.
	Problem Level = "problem"
	// Warning: it can be used, and somebody should have looked at it before.
	Warning Level = "warning"
	// Note: good to know.
	Note Level = "note"
)

func (l Level) rank() int { return slices.Index([]Level{Problem, Warning, Note}, l) }

// An ID names a kind of finding. IDs are stable; those of findings about a file's rows are the codes of package roster.
type ID string

// The ids of findings about the mapping alone.
const (
	Invalid          ID = "mapping-invalid"      // a reason why the tenant's file is refused
	NoUniqueID       ID = "no-unique-id"         // nobody keeps their identity when their address changes
	NoStatus         ID = "no-status"            // everybody in the file counts as active
	NoEligibility    ID = "no-eligibility"       // everybody in the file is invited
	DiversityPublic  ID = "diversity-public"     // every member would see a diversity field
	IdentityPublic   ID = "identity-public"      // every member would see addresses or unique IDs
	SensitivePublic  ID = "sensitive-public"     // every member would see what HR keeps to itself
	FieldMismatch    ID = "field-mismatch"       // a title that says another field
	TranslateListed  ID = "translate-listed"     // a listed value is translated into another
	TranslateChain   ID = "translate-chain"      // a translation ends in a value that is translated too
	TranslateNothing ID = "translate-nothing"    // a value is translated into itself
	ValuesAlike      ID = "values-alike"         // listed values that differ in case, accents or punctuation alone
	SingleListed     ID = "single-listed"        // a set of one value
	UnknownKept      ID = "unknown-kept"         // a set that nothing is held against
	Delimiter        ID = "delimiter"            // not the guide's comma
	FilePattern      ID = "file-pattern-date"    // names by the pattern hold no date that can be read
	NoTechnical      ID = "no-technical-contact" // nobody at the customer's hears of a refused file
	IgnoredKnown     ID = "ignored-guide-column" // a column that is ignored is one of the guide's
)

// The ids of findings about a sample, beside the codes of package roster.
const (
	SampleSmall     ID = "sample-small"         // so few rows that what is not in them says little
	ColumnGuess     ID = "column-unmapped"      // a column that is neither mapped nor ignored
	ColumnEmpty     ID = "column-empty"         // no cell says anything
	ColumnBlank     ID = "column-blank"         // many cells say nothing
	SingleValue     ID = "single-value"         // all cells say the same
	NotListed       ID = "value-not-listed"     // values outside the set
	NeverSeen       ID = "value-never-seen"     // listed values that do not occur
	NeverTranslated ID = "translate-never-seen" // translations of what does not occur
	CaseVariants    ID = "value-variants"       // values that differ in case, accents or punctuation alone
	HighCardinality ID = "set-high-cardinality" // a set over what looks like free text
	DateSwapped     ID = "date-swapped"         // the day stands first
	DateMixed       ID = "date-mixed"           // the day stands first in some and the month in others
	DateAmbiguous   ID = "date-ambiguous"       // each date could be read both ways
	IDWidths        ID = "id-widths"            // unique IDs of several lengths: leading zeros may be lost
	ManyValues      ID = "values-uncounted"     // a column has more values than are counted
)

// A Finding is one thing to look at.
type Finding struct {
	ID      ID
	Level   Level
	Line    int    // of the tenant's file; 0: of no one line
	Column  string // the mapping's title; "" where no one column is concerned
	Message string
	Values  []Value // the values concerned, the most frequent first
	Paste   string  // YAML to put into the column's entry, after a look; "" for none
}

// A Value is a value with how often it stands in the sample.
type Value struct {
	Text  string
	Count int
	Near  string // the listed value that was probably meant; "" for none
}

// A Column is what the sample says in one column.
type Column struct {
	Title    string
	Field    roster.Field
	Rows     int // cells read
	Empty    int
	Distinct int  // different values; the least of them where there are more than are counted
	More     bool // there are
}

// A Sample is what reading a sample came to.
type Sample struct {
	Summary  roster.Summary
	Columns  []Column // the mapped columns that the sample has
	Findings []Finding
}

// sorted puts findings about the whole first and those of each column together, in the order of the mapping, the worst first.
func sorted(all []Finding, titles []string) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(slices.Index(titles, a.Column)-slices.Index(titles, b.Column), a.Level.rank()-b.Level.rank())
	})
	return all
}
