package intake

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rollcall.internal/internal/mapping"
)

// Every two characters that isLatin takes, next to each other and between others, are in their stored form, nothing that steers, and no trace of another encoding.
func TestLatinIsStoredAsItIs(t *testing.T) {
	t.Parallel()
	var latin []rune
	for r := rune('!'); r < 0x3000; r++ {
		if r != 0x7F && isLatin(append([]byte("a"), string(r)...)) {
			latin = append(latin, r)
		}
	}
	if len(latin) < 500 {
		t.Fatalf("%d characters are taken, which are too few", len(latin))
	}
	for _, a := range latin {
		for _, b := range latin {
			text := "a" + string(a) + string(b) + "a"
			if !isLatin([]byte(text)) {
				continue
			}
			if got := mapping.NormalValue(text); got != text || isMojibake(text) || hasControl(text, true) || isInvisible(text) {
				t.Fatalf("U+%04X U+%04X: %q is stored as %q, mojibake %v, control %v", a, b, text, got, isMojibake(text), hasControl(text, true))
			}
		}
	}
}

// isLatin takes nothing but UTF-8, and with three characters and more too nothing that is stored in another form or is a trace of another encoding.
func TestLatinOfAnyBytes(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"a", "abcdefgh", "\xC3", "\xC4", "\xC5", "\xA0", "\xBE", "\xE1", "\xBB", "\xE2\x80", "\x99", "\xE2\x80\x99", "\xC2\xA0", "\xC3\xA9", "\xC5\x99", "\xCC\x81", "\xF0", "Ã", "â", "™"})
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for range rapid.IntRange(1, 12).Draw(t, "pieces") {
			text += piece.Draw(t, "piece")
		}
		if !isLatin([]byte(text)) {
			return
		}
		if !utf8.ValidString(text) || mapping.NormalValue(text) != text || isMojibake(text) {
			t.Fatalf("%q is taken", text)
		}
	})
}

// isASCIIText is isASCII.
func TestASCIIText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]byte("abcdefghijklm\x7f\x80\xff")), 0, 30).Draw(t, "text")
		if got, want := isASCIIText(text), isASCII(string(text)); got != want {
			t.Fatalf("isASCIIText(%q) = %v, want %v", text, got, want)
		}
	})
}
