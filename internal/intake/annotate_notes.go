package intake

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"rollcall.internal/internal/roster"
)

// Notes keep every finding of a reading until the annotated copy is written. They lie in files without a name, as the rows of a spool do and for the same reasons: a
// file may have more findings than memory has room for. In memory is what concerns the header and the file, of which there is little.
//
// A finding takes some ten bytes beside its value. Reading finds them in the order of rows and begins again where a second pass does, so each pass has its
// file, and those are read side by side.
type Notes struct {
	head   []roster.Finding
	passes []*notePass
	kinds  noteKinds
	err    error
}

// A noteKind is what many findings share.
type noteKind struct {
	code           roster.Code
	level          roster.Level
	column         string
	field          roster.Field
	variant, words string // the words' names, each followed by a space
}

// noteKinds number the kinds, and the texts that come again and again, such as a list of the values that are allowed.
type noteKinds struct {
	numbers map[noteKind]uint64
	kinds   []noteKind
	places  map[string]uint64
	texts   []string
}

// A notePass is the findings of one pass over the file.
type notePass struct {
	file *os.File
	out  *bufio.Writer
	row  int // of the last finding
	buf  []byte
}

// NewNotes returns notes without a finding.
func NewNotes() *Notes {
	return &Notes{kinds: noteKinds{numbers: map[noteKind]uint64{}, places: map[string]uint64{}}}
}

// Add takes a finding; it is made for [Options].Each. Where it fails, writing the copy will say so.
func (n *Notes) Add(f roster.Finding) {
	if f.Row <= 1 {
		n.head = append(n.head, f)
		return
	}
	if n.err != nil {
		return
	}
	if len(n.passes) == 0 || n.passes[len(n.passes)-1].row > f.Row {
		pass, err := newNotePass()
		if err != nil {
			n.err = err
			return
		}
		n.passes = append(n.passes, pass)
	}
	n.err = n.passes[len(n.passes)-1].write(&n.kinds, f)
}

// Close gives the files back.
func (n *Notes) Close() error {
	var errs []error
	for _, p := range n.passes {
		errs = append(errs, p.file.Close())
	}
	return errors.Join(errs...)
}

func newNotePass() (*notePass, error) {
	file, err := os.CreateTemp("", "rollcall-notes-*")
	if err != nil {
		return nil, fmt.Errorf("create notes: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink notes: %w", err), file.Close())
	}
	return &notePass{file: file, out: bufio.NewWriterSize(file, 64<<10)}, nil
}

// write appends a finding: how many rows it is after the last, its kind, its value, and the texts of its words.
func (p *notePass) write(k *noteKinds, f roster.Finding) error {
	kind := noteKind{code: f.Code, level: f.Level, column: f.Column, field: f.Field, variant: f.Variant}
	var names strings.Builder
	for i := 0; i+1 < len(f.Words); i += 2 {
		names.WriteString(f.Words[i] + " ")
	}
	kind.words = names.String()
	p.buf = binary.AppendUvarint(p.buf[:0], uint64(f.Row-p.row))
	p.buf = binary.AppendUvarint(p.buf, k.number(kind))
	p.buf = k.appendText(p.buf, f.Value)
	for i := 0; i+1 < len(f.Words); i += 2 {
		p.buf = k.appendText(p.buf, f.Words[i+1])
	}
	p.row = f.Row
	if _, err := p.out.Write(p.buf); err != nil {
		return fmt.Errorf("write notes: %w", err)
	}
	return nil
}

func (k *noteKinds) number(kind noteKind) uint64 {
	n, known := k.numbers[kind]
	if !known {
		n = uint64(len(k.kinds))
		k.kinds, k.numbers[kind] = append(k.kinds, kind), n
	}
	return n
}

// appendText writes a text: an odd number says where among the known ones it stands, an even one how long it is.
func (k *noteKinds) appendText(b []byte, text string) []byte {
	const short, most = 16, 4096 // what is not worth knowing, and how many are known
	place, known := k.places[text]
	if !known && len(text) > short && len(k.texts) < most {
		place, known = uint64(len(k.texts)), true
		k.texts, k.places[text] = append(k.texts, text), place
	}
	if known {
		return binary.AppendUvarint(b, place<<1|1)
	}
	return append(binary.AppendUvarint(b, uint64(len(text))<<1), text...)
}

// A noteReader gives the findings back, row by row.
type noteReader struct {
	head   []roster.Finding
	passes []*passReader
	found  []roster.Finding
}

// A passReader reads the findings of one pass.
type passReader struct {
	in    *bufio.Reader
	kinds *noteKinds
	row   int // of the next finding; 0 where there is none
}

// read ends the taking of notes.
func (n *Notes) read() (*noteReader, error) {
	r := &noteReader{head: n.head}
	if n.err != nil {
		return nil, n.err
	}
	for _, p := range n.passes {
		if err := p.out.Flush(); err != nil {
			return nil, fmt.Errorf("write notes: %w", err)
		}
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read notes: %w", err)
		}
		pass := &passReader{in: bufio.NewReaderSize(p.file, 64<<10), kinds: &n.kinds}
		if err := pass.advance(); err != nil {
			return nil, err
		}
		r.passes = append(r.passes, pass)
	}
	return r, nil
}

// of returns the findings of a row, which must come after those asked for before. They are good until the next call.
func (r *noteReader) of(row int) ([]roster.Finding, error) {
	if row == 1 {
		return r.head, nil
	}
	r.found = r.found[:0]
	for _, p := range r.passes {
		for p.row == row {
			f, err := p.next()
			if err != nil {
				return nil, err
			}
			r.found = append(r.found, f)
		}
	}
	return r.found, nil
}

// ended makes sure that every finding has been asked for: the file that is copied is the one that was read.
func (r *noteReader) ended() error {
	for _, p := range r.passes {
		if p.row != 0 {
			return errors.New("copy file: it ends before the row of a finding")
		}
	}
	return nil
}

// advance reads at which row the next finding is.
func (p *passReader) advance() error {
	after, err := binary.ReadUvarint(p.in)
	if errors.Is(err, io.EOF) {
		p.row = 0
		return nil
	}
	if err != nil {
		return fmt.Errorf("read notes: %w", err)
	}
	p.row += int(after)
	return nil
}

// next reads the next finding.
func (p *passReader) next() (roster.Finding, error) {
	number, err := binary.ReadUvarint(p.in)
	if err != nil {
		return roster.Finding{}, fmt.Errorf("read notes: %w", err)
	}
	kind := p.kinds.kinds[number]
	f := roster.Finding{Code: kind.code, Level: kind.level, Row: p.row, Column: kind.column, Field: kind.field, Variant: kind.variant}
	if f.Value, err = p.text(); err != nil {
		return roster.Finding{}, err
	}
	for name := range strings.FieldsSeq(kind.words) {
		text, err := p.text()
		if err != nil {
			return roster.Finding{}, err
		}
		f.Words = append(f.Words, name, text)
	}
	return f, p.advance()
}

func (p *passReader) text() (string, error) {
	n, err := binary.ReadUvarint(p.in)
	if err != nil {
		return "", fmt.Errorf("read notes: %w", err)
	}
	if n&1 == 1 {
		return p.kinds.texts[n>>1], nil
	}
	text := make([]byte, n>>1)
	if _, err := io.ReadFull(p.in, text); err != nil {
		return "", fmt.Errorf("read notes: %w", err)
	}
	return string(text), nil
}
