package intake

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// scientific knows a number that a spreadsheet wrote. 4E12 is not one: spreadsheets write the sign, and IDs may look like that.
var scientific = regexp.MustCompile(`^[+-]?\d(?:[.,]\d+)?[eE][+-]\d{1,3}$|^[+-]?\d[.,]\d+[eE]\d{1,3}$`)

var spreadsheetErrors = map[string]bool{
	"#N/A": true, "#REF!": true, "#VALUE!": true, "#DIV/0!": true, "#NAME?": true, "#NUM!": true, "#NULL!": true,
	"#SPILL!": true, "#CALC!": true, "#FIELD!": true, "#BLOCKED!": true, "#GETTING_DATA": true, "#ERROR!": true, "#UNKNOWN!": true,
	"#NOM?": true, "#VALEUR!": true, "#NOMBRE!": true, "#NUL!": true, "#PROPAGATION!": true, "#CALCUL!": true, "#CHAMP!": true, // French
	"#BEZUG!": true, "#WERT!": true, "#ZAHL!": true, "#NV": true, "#¿NOMBRE?": true, "#¡VALOR!": true, "#¡REF!": true, "#¡DIV/0!": true, "#¡NUM!": true, "#N/D": true, "#¡NULO!": true,
}

// isSpreadsheetError knows the errors of spreadsheets in several languages, and the signs that stand for what a column was too narrow to show.
func isSpreadsheetError(text string) bool {
	return text[0] == '#' && (spreadsheetErrors[strings.ToUpper(text)] || len(text) >= 4 && strings.Trim(text, "#") == "")
}

// absent leaves a field as it was.
var absent = batch.Cell{Absent: true}

// cell reads one cell. It answers what the row says about the field, and whether the row has to be set aside.
func (r *reader) cell(c *column, raw string) (cell batch.Cell, aside bool) {
	text := normal(raw)
	f := roster.Finding{Row: r.row, Column: c.Title, Field: c.Field, Value: text}
	switch {
	case text == "" || text[0] >= utf8.RuneSelf && isInvisible(text):
		return r.blank(c, f)
	case isSpreadsheetError(text):
		return absent, r.spreadsheetError(c, f)
	case hasControl(text, c.oneLine):
		return absent, r.control(c, f)
	}
	switch c.kind {
	case roster.Address:
		if err := roster.CheckEmail(text); err != nil {
			r.reportAddress(f, err)
			return absent, true
		}
	case roster.Date:
		stored, ok := parseDate(text)
		if !ok {
			r.reportDate(f)
			return absent, false
		}
		text = stored
	default:
		return r.text(c, f, text)
	}
	return batch.Cell{Text: text}, false
}

// isInvisible reports whether a text has nothing that a person could see.
func isInvisible(text string) bool {
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Cf, r), unicode.IsSpace(r):
		case r == '\u3164', r == '\u115F', r == '\u1160', r == '\uFFA0', r == '\u2800', r == '\u034F': // fillers, the empty braille pattern, a joiner
		default:
			return false
		}
	}
	return true
}

// normal returns the stored form of a cell's text, with the line breaks of all systems as one.
func normal(raw string) string {
	if strings.IndexByte(raw, '\r') >= 0 {
		raw = strings.ReplaceAll(raw, "\r\n", "\n")
	}
	return mapping.NormalValue(raw)
}

// text reads a cell of text or of a fixed set: translated first, then compared with the values that are allowed.
func (r *reader) text(c *column, f roster.Finding, text string) (batch.Cell, bool) {
	if c.Field == roster.UniqueID && r.badID(f, text) {
		return absent, true
	}
	if to, ok := c.Translate[text]; ok {
		text = to
	}
	if isMojibake(text) {
		note := f
		note.Code, note.Level = roster.TextMojibake, roster.Note
		r.found.add(note, "")
	}
	if c.allowed != nil && !c.allowed[text] {
		return r.notAllowed(c, f, text)
	}
	return batch.Cell{Text: text}, false
}

// badID reports a unique ID that can't be the person's.
func (r *reader) badID(f roster.Finding, text string) bool {
	f.Level = roster.RowAside
	switch {
	case strings.ContainsAny(text, "eE") && scientific.MatchString(text):
		f.Code = roster.IDMangled
		r.found.add(f, "")
	case len(text) > roster.MaxUniqueID:
		f.Code = roster.IDMangled
		r.found.add(f, "long")
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Cf, r) }):
		f.Code = roster.TextControl
		r.found.add(f, "row")
	default:
		return false
	}
	return true
}

func (r *reader) blank(c *column, f roster.Finding) (batch.Cell, bool) {
	f.Code, f.Level = roster.RequiredBlank, roster.RowAside
	switch {
	case c.Field.Required():
		r.found.add(f, "")
		return absent, true
	case c.Blank == mapping.BlankRejectRow:
		r.found.add(f, "agreed")
		return absent, true
	case c.Blank == mapping.BlankKeep || c.Field.KeepsWhenBlank():
		return absent, false
	}
	return batch.Cell{}, false
}

func (r *reader) spreadsheetError(c *column, f roster.Finding) (aside bool) {
	switch {
	case c.Field == roster.UniqueID:
		f.Code, f.Level = roster.IDMangled, roster.RowAside
		r.found.add(f, "error")
		return true
	case c.Field.Required():
		f.Code, f.Level = roster.SpreadsheetError, roster.RowAside
		r.found.add(f, "row")
		return true
	}
	f.Code, f.Level = roster.SpreadsheetError, roster.ValueAside
	r.found.add(f, "")
	return false
}

func (r *reader) control(c *column, f roster.Finding) (aside bool) {
	f.Code, f.Level = roster.TextControl, roster.ValueAside
	if c.oneLine {
		f.Level = roster.RowAside
		r.found.add(f, "row")
		return true
	}
	r.found.add(f, "")
	return false
}

// reportLineBreaks reports line breaks in the other cells of a row of which a name or an identifier holds one. By themselves they are text there; but where rows or lines were
// run together all of it is to be seen at once.
func (r *reader) reportLineBreaks(raw []string) {
	for i, c := range r.columns {
		if c.at < 0 || c.kind != roster.Text || c.oneLine {
			continue
		}
		if text := normal(raw[i]); strings.IndexByte(text, '\n') >= 0 && !hasControl(text, false) {
			f := roster.Finding{Code: roster.TextControl, Level: roster.ValueAside, Row: r.row, Column: c.Title, Field: c.Field, Value: text}
			r.found.add(f, "")
		}
	}
}

// hasControl reports whether s holds a character that steers rather than says something. Line breaks and tabs are text, but not in who a person is (oneLine).
func hasControl(s string, oneLine bool) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && (oneLine || c != '\n' && c != '\t') || c == 0x7F {
			return true
		} else if c >= 0x80 {
			return strings.ContainsFunc(s[i:], func(r rune) bool { return steers(r, oneLine) })
		}
	}
	return false
}

func steers(r rune, oneLine bool) bool {
	switch {
	case r == '\n' || r == '\t':
		return oneLine
	case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x2028, r == 0x2029:
		return true
	}
	return false
}

// notAllowed deals with a value outside the column's set.
func (r *reader) notAllowed(c *column, f roster.Finding, text string) (batch.Cell, bool) {
	f.Code, f.Level = roster.ValueNotAllowed, roster.ValueAside
	unknown := c.Unknown
	if c.Field.Kind() == roster.Choice {
		unknown = mapping.UnknownHold
	}
	allowed := c.Allowed()
	words, suffix := []string{"allowed", list(allowed)}, ""
	if near, ok := meant(c.Field, text, allowed); ok {
		words, suffix = append(words, "near", near), "near"
	}
	switch unknown {
	case mapping.UnknownRejectRow:
		f.Level = roster.RowAside
		r.found.add(f, variant("row", suffix), words...)
		return absent, true
	case mapping.UnknownKeep:
		f.Level = roster.Note
		r.found.add(f, variant("kept", suffix), words...)
		return batch.Cell{Text: text}, false
	case mapping.UnknownBlank:
		f.Level = roster.Note
		r.found.add(f, variant("blank", suffix), words...)
		return r.blank(c, f)
	}
	if c.Field.Kind() != roster.Choice {
		r.held[c.Field]++
	}
	r.found.add(f, variant("", suffix), words...)
	return absent, false
}

// variant joins the parts of a variant's name.
func variant(first, second string) string {
	return strings.Trim(first+"-"+second, "-")
}

// list joins the first of the values for a sentence.
func list(values []string) string {
	const most = 12
	if len(values) > most {
		return strings.Join(slices.Concat(values[:most], []string{"…"}), ", ")
	}
	return strings.Join(values, ", ")
}

// isMojibake reports whether text in NFC shows the traces of UTF-8 that was read as Windows-1252, or letters that were lost on the way.
func isMojibake(s string) bool {
	if isASCII(s) {
		return false
	}
	if strings.Contains(s, "\uFFFD") {
		return true
	}
	previous, before := rune(0), rune(0)
	for _, r := range s {
		switch previous {
		case 'Â', 'Ã', 'Ä', 'Å':
			if isContinuation(r) {
				return true
			}
		}
		switch before {
		case 'á', 'â', 'ã', 'ä', 'å', 'æ', 'ï':
			if isContinuation(previous) && isContinuation(r) {
				return true
			}
		}
		before, previous = previous, r
	}
	return false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// isContinuation reports whether r is what Windows-1252 or ISO-8859-1 shows for a byte from 0x80 to 0xBF.
func isContinuation(r rune) bool {
	return r >= 0x80 && r <= 0xBF || r > 0xFF && strings.ContainsRune("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ", r)
}
