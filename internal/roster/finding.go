package roster

// A Level says what a finding does to the file, the row or the value that it is about.
type Level string

const (
	// Refused: the file changes nothing and never becomes a plan.
	Refused Level = "refused"
	// RowAside: the row changes nothing about its person and, being present, protects that person from removal.
	RowAside Level = "row"
	// ValueAside: the field stays as it was (empty for a new person); the rest of the row applies.
	ValueAside Level = "value"
	// Note: only told.
	Note Level = "note"
)

// A Code names a kind of finding. Codes are stable and never reused; customers' tools match on them.
type Code string

// The codes of findings, in the order of the file contract.
const (
	FileEmpty         Code = "file-empty"
	FileNoRows        Code = "file-no-rows"
	FileNotCSV        Code = "file-not-csv"
	FileEncoding      Code = "file-encoding"
	FileNUL           Code = "file-nul"
	FileLineEnds      Code = "file-line-ends"
	FileDelimiter     Code = "file-delimiter"
	FileQuoting       Code = "file-quoting"
	FileTooLarge      Code = "file-too-large"
	FileNameDate      Code = "file-name-date"
	HeaderMissingRow  Code = "header-missing-row"
	ColumnMissing     Code = "column-missing"
	ColumnDuplicate   Code = "column-duplicate"
	ColumnUnmapped    Code = "column-unmapped"
	RowColumnCount    Code = "row-column-count"
	RowQuoting        Code = "row-quoting"
	RowRepeatedHeader Code = "row-repeated-header"
	RowBlank          Code = "row-blank"
	RowDuplicate      Code = "row-duplicate"
	DuplicateID       Code = "duplicate-id"
	DuplicateEmail    Code = "duplicate-email"
	RequiredBlank     Code = "required-blank"
	EmailFormat       Code = "email-format"
	IDMangled         Code = "id-mangled"
	ValueNotAllowed   Code = "value-not-allowed"
	DateFormat        Code = "date-format"
	TextControl       Code = "text-control"
	SpreadsheetError  Code = "spreadsheet-error"
	TextMojibake      Code = "text-mojibake"
)

// A Finding is one thing that is wrong, or worth telling, about a file. It holds a customer's data: it goes into receipts, never
// into logs or Temporal.
type Finding struct {
	Code  Code
	Level Level
	// Row is a spreadsheet's: the header is row 1, and a record is one row however many lines its cells hold. 0: the whole file.
	Row int
	// Column is the title that the mapping gives the column; "" where no one column is concerned.
	Column string
	// Value is the cell as the file has it, cut to 80 characters; "" where there is none.
	Value string
	// Field is the profile field concerned, by which a value's visibility is known; "" where there is none.
	Field Field
	// Message says what, where and what to do, in one or two sentences of the recipient's language.
	Message string
	// Variant and Words, pairs of name and text, are what the message was made of; package wording makes it again from them.
	Variant string
	Words   []string
}

// An AsideRow says whom a row that was set aside protects from removal. Like a finding it holds a customer's data. A row in which several people are found has
// several of them, and one in which nobody is has one with neither ID nor address.
type AsideRow struct {
	Row      int
	UniqueID string // "" where it can't be read
	Email    string // "" where it can't be read
	// Damaged: which cell is which can't be told, so the address may be from any of the row's columns.
	Damaged bool
}

// A Verdict is what a file comes to.
type Verdict string

// The verdicts.
const (
	Accepted      Verdict = "accepted"
	RefusedByFile Verdict = "refused"
)

// A Summary is what reading a file came to, without any of the file's data but in its findings. Of a refused file it counts the rows and
// the findings alone: nothing was accepted, set aside or protected.
type Summary struct {
	Verdict  Verdict
	Rows     int // data rows seen, blank ones and repeated headers left out
	Accepted int // rows that take part in the plan
	SetAside int // rows set aside; Rows = Accepted + SetAside + identical repetitions
	// Unreadable counts rows set aside of which neither unique ID nor address could be read: anybody could be meant, so the run's
	// removals wait for a person.
	Unreadable int
	// Protected counts people who stand in a row that was set aside and are therefore not removed.
	Protected int
	// Aside lists the first of the rows set aside, up to the reader's limit of findings, in the order of rows: who is protected, and by which row.
	Aside []AsideRow
	// Held counts, by field, values outside an agreed list that were set aside and hold the import until a person has mapped them.
	Held map[Field]int
	// ValuesAside counts, by field, all values that were set aside. Where they are as many as there are rows, it is the column that is wrong: other cells than were
	// agreed, or another way to write dates.
	ValuesAside map[Field]int
	// Findings lists the first of the findings, up to the reader's limit, in the order of rows; Totals counts all of them.
	Findings []Finding
	Totals   map[Code]int
}

// Codes returns every code, in the order of the file contract.
func Codes() []Code {
	return []Code{
		FileEmpty, FileNoRows, FileNotCSV, FileEncoding, FileNUL, FileLineEnds, FileDelimiter, FileQuoting, FileTooLarge, FileNameDate,
		HeaderMissingRow, ColumnMissing, ColumnDuplicate, ColumnUnmapped,
		RowColumnCount, RowQuoting, RowRepeatedHeader, RowBlank, RowDuplicate, DuplicateID, DuplicateEmail,
		RequiredBlank, EmailFormat, IDMangled, ValueNotAllowed, DateFormat, TextControl, SpreadsheetError, TextMojibake,
	}
}
