package changeset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"regexp"

	"rollcall.internal/internal/roster"
)

// A Digest names a change set: "sha256:" and 64 lower-case hexadecimal digits. A decision names it whole.
type Digest string

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Valid reports whether d is a whole digest.
func (d Digest) Valid() bool { return digestPattern.MatchString(string(d)) }

// Short returns the digest's first 12 hexadecimal digits, for people and search attributes.
func (d Digest) Short() string {
	if !d.Valid() {
		return string(d)
	}
	return string(d[len("sha256:"):][:12])
}

// A Digester computes the digest of a change set while its changes pass: of a version, the file's digest, the mapping's, and each change as [AppendHead] and [AppendField] encode it. The encoding is
// fixed; numbers have eight bytes, and every text is preceded by its length, so that no two change sets share an encoding.
type Digester struct {
	h   hash.Hash
	buf []byte
}

// NewDigester returns a digester for the changes that come from the file and the mapping named by their own digests.
func NewDigester(fileSHA256, mappingDigest string) *Digester {
	d := &Digester{h: sha256.New()}
	d.AddEncoded(appendText(appendText(appendText(nil, "rollcall change set 1"), fileSHA256), mappingDigest))
	return d
}

// Add takes the next change; changes come in the order of [Sort].
func (d *Digester) Add(c Change) {
	d.buf = AppendHead(d.buf[:0], Head[string]{c.Op, c.Removal, c.Member, c.Version, c.Row, c.UniqueID, c.Email, len(c.Fields)})
	for _, f := range c.Fields {
		d.buf = AppendField(d.buf, f.Field, f.Before, f.After)
	}
	d.AddEncoded(d.buf)
}

// AddEncoded takes the next changes from who encoded them already: each is its head, and its fields behind it.
func (d *Digester) AddEncoded(changes []byte) {
	d.h.Write(changes)
}

// Digest returns the digest of what was added so far.
func (d *Digester) Digest() Digest {
	return Digest(fmt.Sprintf("sha256:%s", hex.EncodeToString(d.h.Sum(nil))))
}

// A Text is text in either form: who keeps changes as bytes encodes them without making strings of them.
type Text interface{ ~string | ~[]byte }

// A Head is a [Change] without its fields, of which it has the number.
type Head[T Text] struct {
	Op              Op
	Removal         bool
	Member          T
	Version         int64
	Row             int
	UniqueID, Email T
	Fields          int
}

// AppendHead appends the encoding of a change as far as its fields to b.
func AppendHead[T Text](b []byte, h Head[T]) []byte {
	removal := uint64(0)
	if h.Removal {
		removal = 1
	}
	b = appendNumber(appendText(b, h.Op), removal)
	b = appendNumber(appendText(b, h.Member), uint64(h.Version))
	b = appendNumber(b, uint64(h.Row))
	b = appendText(appendText(b, h.UniqueID), h.Email)
	return appendNumber(b, uint64(h.Fields))
}

// AppendField appends the encoding of a change's next field to b.
func AppendField[T Text](b []byte, field roster.Field, before, after T) []byte {
	return appendText(appendText(appendText(b, field), before), after)
}

func appendText[T Text](b []byte, text T) []byte {
	return append(appendNumber(b, uint64(len(text))), text...)
}

func appendNumber(b []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(b, n) }
