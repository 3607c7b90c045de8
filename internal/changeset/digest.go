package changeset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"regexp"
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

// A Digester computes the digest of a change set while its changes pass. The encoding is fixed: a version, the file's digest, the
// mapping's, and each change with every text preceded by its length, so that no two change sets share an encoding.
type Digester struct {
	h   hash.Hash
	buf []byte
}

// NewDigester returns a digester for the changes that come from the file and the mapping named by their own digests.
func NewDigester(fileSHA256, mappingDigest string) *Digester {
	d := &Digester{h: sha256.New()}
	d.text("rollcall change set 1")
	d.text(fileSHA256)
	d.text(mappingDigest)
	d.flush()
	return d
}

// Add takes the next change; changes come in the order of [Sort].
func (d *Digester) Add(c Change) {
	removal := uint64(0)
	if c.Removal {
		removal = 1
	}
	d.text(string(c.Op))
	d.number(removal)
	d.text(c.Member)
	d.number(uint64(c.Version))
	d.number(uint64(c.Row))
	d.text(c.UniqueID)
	d.text(c.Email)
	d.number(uint64(len(c.Fields)))
	for _, f := range c.Fields {
		d.text(string(f.Field))
		d.text(f.Before)
		d.text(f.After)
	}
	d.flush()
}

// Digest returns the digest of what was added so far.
func (d *Digester) Digest() Digest {
	return Digest(fmt.Sprintf("sha256:%s", hex.EncodeToString(d.h.Sum(nil))))
}

func (d *Digester) text(s string) {
	d.number(uint64(len(s)))
	d.buf = append(d.buf, s...)
}

func (d *Digester) number(n uint64) { d.buf = binary.BigEndian.AppendUint64(d.buf, n) }

func (d *Digester) flush() {
	d.h.Write(d.buf)
	d.buf = d.buf[:0]
}
