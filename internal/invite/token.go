package invite

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// A Token stands in the links of one mail and proves that its bearer received it: 256 random bits as 43 characters of unpadded base64url.
// It exists in the mail alone; the ledger holds its [Token.Hash].
type Token string

// NewToken returns a token that nobody has seen before.
func NewToken() Token {
	var bits [32]byte
	_, _ = rand.Read(bits[:]) // never fails: see crypto/rand
	return Token(base64.RawURLEncoding.EncodeToString(bits[:]))
}

// Hash returns the SHA-256 of the token's text: what is stored and looked up.
func (t Token) Hash() []byte {
	sum := sha256.Sum256([]byte(t))
	return sum[:]
}
