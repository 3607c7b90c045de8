package intake

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// Of a program that has a build ID only the start is read, and another build ID is another program; of one that has none every byte counts.
func TestDigestOfProgram(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	built, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !hasBuildID(built[:programHead]) {
		t.Error("the program that tests has no build ID at its start")
	}
	digest := func(program []byte) (digest string, unread int) {
		t.Helper()
		in := bytes.NewReader(program)
		digest, err := digestOf(in)
		if err != nil {
			t.Fatal(err)
		}
		return digest, in.Len()
	}
	other := func(at int) []byte {
		b := bytes.Clone(built)
		b[at] ^= 1
		return b
	}
	was, unread := digest(built)
	if unread != len(built)-programHead {
		t.Errorf("%d bytes of %d are not read, want all but %d", unread, len(built), programHead)
	}
	id := bytes.Index(built, []byte(elfBuildID))
	if id < 0 {
		id = bytes.Index(built, []byte(otherBuildID))
	}
	if got, _ := digest(other(id + 20)); got == was {
		t.Error("a program of another build ID has the same digest")
	}
	plain := make([]byte, 2*programHead)
	last := bytes.Clone(plain)
	last[len(last)-1] = 1
	one, unread := digest(plain)
	if two, _ := digest(last); one == two || unread > 0 {
		t.Errorf("without a build ID %d bytes are not read, and programs that differ have the digests %s and %s", unread, one, two)
	}
	if got, err := digestOf(io.MultiReader(bytes.NewReader(plain), broken{})); err == nil {
		t.Errorf("a program that can't be read has the digest %s", got)
	}
}

// broken can't be read.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
