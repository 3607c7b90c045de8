package intake

import (
	"testing"

	"pgregory.net/rapid"
)

// What was added is found, and nothing else, however alike the texts are and whatever follows them.
func TestValuesAreFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var v values
		text := rapid.Custom(func(t *rapid.T) string {
			s := make([]byte, rapid.SampledFrom([]int{1, 8, 16, 24, 32, 32, 33, 70}).Draw(t, "length"))
			for i := range s {
				s[i] = 'a'
			}
			s[rapid.IntRange(0, len(s)-1).Draw(t, "at")] = rapid.ByteRange('a', 'z').Draw(t, "letter")
			return string(s)
		})
		added := map[string]bool{}
		for range rapid.IntRange(1, 300).Draw(t, "texts") {
			s := text.Draw(t, "text")
			buf := append([]byte("before"+s), "behind it is something else, as long as a block's pad"...)
			at := span{6, uint32(6 + len(s))}
			k := v.find(buf, at)
			if (k >= 0) != added[s] || k >= 0 && string(v.full[k].raw) != s {
				t.Fatalf("%q is value %d, and was added: %v", s, k, added[s])
			}
			if k < 0 {
				v.add(buf, at, value{text: []byte(s)})
				added[s] = true
			}
		}
	})
}
