package snapshot

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// plainReader hides that what it reads could be written straight away.
type plainReader struct{ io.Reader }

// What is produced is the same however it is taken, and so is the reason why it can't be produced to its end.
func TestProduction(t *testing.T) {
	t.Parallel()
	whole := bytes.Repeat([]byte("snapshot"), 50_000)
	broken := errors.New("broken")
	for _, test := range []struct {
		name string
		take func(*production) io.Reader
	}{
		{"copied", func(p *production) io.Reader { return p }}, {"read", func(p *production) io.Reader { return plainReader{p} }},
	} {
		for _, err := range []error{nil, broken} {
			p := &production{write: func(to io.Writer) error {
				_, werr := to.Write(whole)
				return errors.Join(werr, err)
			}}
			var got bytes.Buffer
			n, gotErr := io.Copy(&got, test.take(p))
			if !bytes.Equal(got.Bytes(), whole) || n != int64(len(whole)) || !errors.Is(gotErr, err) {
				t.Errorf("%s: %d bytes, %v, want %v", test.name, n, gotErr, err)
			}
			if err := p.Close(); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
		}
	}
}

// Closing what was read in part ends its writing.
func TestProductionIsGivenUp(t *testing.T) {
	t.Parallel()
	var ended error
	p := &production{write: func(to io.Writer) error {
		for ended == nil {
			_, ended = to.Write(make([]byte, 1000))
		}
		return ended
	}}
	if _, err := io.ReadFull(p, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil || ended == nil {
		t.Errorf("closed: %v, written on: %v", err, ended)
	}
	if err := (&production{}).Close(); err != nil {
		t.Errorf("closed before it was read: %v", err)
	}
}
