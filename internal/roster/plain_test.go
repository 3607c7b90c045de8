package roster

import (
	"testing"

	"pgregory.net/rapid"
)

// The short cut for plain addresses takes none that the whole grammar does not.
func TestPlainAddressesAreAddresses(t *testing.T) {
	t.Parallel()
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SampledFrom([]string{
			`[a-c0-1._-]{0,6}@?[a-c0-1.-]{0,6}[.@]?(xn--)?[a-c0-1_-]{0,4}`,
			`[a.]{60,66}@([a-]{60,66}\.){1,4}b`,
			`[a-c_]{1,3}(\.[a0-]{1,3})?@[a-c-]{1,4}\.[a-c]{1,3}`,
		}).Draw(t, "shape")
		s := rapid.StringMatching(shape).Draw(t, "address")
		if !isPlainAddress(s) {
			return
		}
		plain++
		if err := checkAddress(s); err != nil {
			t.Fatalf("%q is plain, and yet %v", s, err)
		}
	})
	if plain == 0 {
		t.Error("nothing was plain")
	}
}
