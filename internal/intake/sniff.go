package intake

import (
	"bytes"
	"unicode/utf8"
)

// sniffed is what the first bytes of a file say that it is, where it is not text in UTF-8 at all.
type sniffed struct {
	notCSV   string // the variant of the sentence, such as "xlsx"
	format   string // the format's name
	encoding string // such as "UTF-16"
}

const sniffBytes = 4096

// magic lists how other formats start.
var magic = []struct{ start, variant, format string }{
	{"PK\x03\x04", "zip", "ZIP"}, {"PK\x05\x06", "zip", "ZIP"}, {"PK\x07\x08", "zip", "ZIP"}, {"\x1F\x8B", "gzip", "gzip"}, {"%PDF-", "pdf", "PDF"},
	{"\xD0\xCF\x11\xE0", "xls", "XLS"}, {"7z\xBC\xAF\x27\x1C", "other", "7z"}, {"Rar!\x1A\x07", "other", "RAR"}, {"BZh", "other", "bzip2"},
	{"\xFD7zXZ\x00", "other", "xz"}, {"\x28\xB5\x2F\xFD", "other", "Zstandard"}, {"{\\rtf", "other", "RTF"}, {"PAR1", "other", "Parquet"},
	{"ARROW1", "other", "Arrow"},
}

// sniff looks at a file's first bytes.
func sniff(head []byte) sniffed {
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xFE\xFF")):
		return sniffed{encoding: "UTF-32"}
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")), isBareUTF16(head):
		return sniffed{encoding: "UTF-16"}
	}
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.start)) {
			if m.variant == "zip" {
				return inZip(head)
			}
			return sniffed{notCSV: m.variant, format: m.format}
		}
	}
	start := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n"))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<table", "<meta", "<script", "<title"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return sniffed{notCSV: "html"}
		}
	}
	switch {
	case bytes.HasPrefix(start, []byte("<?xml")):
		return sniffed{notCSV: "xml"}
	case isJSON(start):
		return sniffed{notCSV: "other", format: "JSON"}
	}
	return sniffed{}
}

// inZip says what an archive holds, by the names of its first files.
func inZip(head []byte) sniffed {
	has := func(name string) bool { return bytes.Contains(head, []byte(name)) }
	switch {
	case has("xl/"), has("[Content_Types].xml") && !has("word/") && !has("ppt/"):
		return sniffed{notCSV: "xlsx"}
	case has("application/vnd.oasis.opendocument"):
		return sniffed{notCSV: "other", format: "OpenDocument"}
	case has("word/"), has("ppt/"):
		return sniffed{notCSV: "other", format: "Office Open XML"}
	}
	return sniffed{notCSV: "zip", format: "ZIP"}
}

// isJSON knows an object, or a list of objects, which no title begins like.
func isJSON(start []byte) bool {
	rest, isList := bytes.CutPrefix(start, []byte("["))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if !bytes.HasPrefix(rest, []byte("{")) {
		return false
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	return isList || bytes.HasPrefix(rest, []byte(`"`))
}

var bom = []byte("\xEF\xBB\xBF")

// isBareUTF16 knows UTF-16 without a byte-order mark by its zeroes, which stand at every other byte of Western text.
func isBareUTF16(head []byte) bool {
	if len(head) < 16 {
		return false
	}
	var zeroes [2]int
	for i, b := range head {
		if b == 0 {
			zeroes[i%2]++
		}
	}
	half := len(head) / 2
	return zeroes[0] > half*8/10 && zeroes[1] < half/10 || zeroes[1] > half*8/10 && zeroes[0] < half/10
}

// encodingOf says what bytes that are not UTF-8 look like, "" where that would be a guess. In Western text a letter beyond ASCII stands between ASCII letters.
// Windows-1252 has printable characters where ISO-8859-1 has controls, and it is what spreadsheets write, so it is the guess for Western bytes.
func encodingOf(b []byte) string {
	var high, alone, macintosh, cyrillic int
	for i, c := range b {
		if c < utf8.RuneSelf {
			continue
		}
		high++
		if (i == 0 || b[i-1] < utf8.RuneSelf) && (i+1 == len(b) || b[i+1] < utf8.RuneSelf) {
			alone++
		}
		switch c {
		case 0x81, 0x8D, 0x8F, 0x90, 0x9D: // not assigned in Windows-1252; Mac Roman's ç and è among them
			macintosh++
		case 0x8E: // é in Mac Roman and the rare Ž in Windows-1252
			macintosh++
		}
		if c >= 0xC0 {
			cyrillic++
		}
	}
	switch {
	case 2*alone >= high && macintosh > 0:
		return "Mac OS Roman"
	case 2*alone >= high:
		return "Windows-1252 (ANSI)"
	case alone == 0 && 10*cyrillic >= 9*high:
		return "Windows-1251"
	}
	return ""
}
