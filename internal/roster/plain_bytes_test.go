package roster

import (
	"testing"

	"pgregory.net/rapid"
)

// The forms of the short cut for texts and for bytes are one.
func TestPlainAddressesOfBytes(t *testing.T) {
	t.Parallel()
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SampledFrom([]string{
			`[a-c0-1._-]{0,6}@?[a-c0-1.-]{0,6}[.@]?(xn--)?[a-c0-1_-]{0,4}`,
			`[a.]{60,66}@([a-]{60,66}\.){1,4}b`,
			`[a.]{0,4}a{61,66}(\.[a.]{0,66})?@a\.(b{61,66}|b)`,
			`[a-c_]{1,3}(\.[a0-]{1,3})?@[A-C-]{1,4}\.[a-c]{1,3}`,
			`a[a.]{7,12}a@abcdefg\.ab`, `a[a.]{7,12}a@a[a.-]{7,12}b`,
			`[a-z0-9._-]{4,24}@[a-z0-9.-]{4,24}\.[a-z0-9]{2,5}`,
			`[a-z0-9._-]{4,24}[!-\x7f]?[a-z]{0,9}@[a-z0-9.-]{4,24}[!-\x7f]?\.[a-z]{2,9}[!-\x7f]?`,
			`[a-cé ]{1,3}@[a-cé+]{1,3}\.[a-cé_]{1,3}`,
		}).Draw(t, "shape")
		s := rapid.StringMatching(shape).Draw(t, "address")
		want := isPlainAddress(s)
		if want {
			plain++
		}
		if got := IsPlainAddress([]byte(s)); got != want {
			t.Fatalf("%q: %t as bytes, %t as text", s, got, want)
		}
	})
	if plain == 0 {
		t.Error("nothing was plain")
	}
}
