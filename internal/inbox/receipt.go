package inbox

import "time"

// A ReceiptKind says what a receipt answers.
type ReceiptKind string

// The kinds.
const (
	ImportReceipt ReceiptKind = "import" // a file of the inbox
	CheckReceipt  ReceiptKind = "check"  // a file of /check
)

// Valid reports whether k is one of the kinds above.
func (k ReceiptKind) Valid() bool { return k == ImportReceipt || k == CheckReceipt }

// A Receipt is the answer to a file, which customer IT reads under /reports. The newest of a kind and name is kept; a pre-flight's never takes the place of an
// import's.
type Receipt struct {
	Name       string // the file's, with its extension
	Kind       ReceiptKind
	ImportN    int    // the import; 0 for a pre-flight
	JSON       []byte // NAME.result.json
	Text       []byte // NAME.result.txt
	ReceivedAt time.Time
	WrittenAt  time.Time
}

// A ReceiptInfo is what a listing shows of a receipt.
type ReceiptInfo struct {
	Name                 string
	Kind                 ReceiptKind
	JSONBytes, TextBytes int64
	WrittenAt            time.Time
}
