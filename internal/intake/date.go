package intake

import (
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rollcall.internal/internal/mapping/titles"
	"rollcall.internal/internal/roster"
)

var (
	looseDate   = regexp.MustCompile(`^(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d{2})$`)
	yearFirst   = regexp.MustCompile(`^(\d{4})[/.-]?(\d{1,2})[/.-]?(\d{1,2})$`)
	timeOfDay   = regexp.MustCompile(`^(.*\d)(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)$`)
	serialValue = regexp.MustCompile(`^\d{5}(?:\.\d+)?$`)
	namedDate   = regexp.MustCompile(`^(?:(\d{1,2})(?:er|st|nd|rd|th)?[ .-]+)?(\pL{3,})[ .,-]+(?:(\d{1,2})(?:er|st|nd|rd|th)?[ ,.-]+)?(\d{4})$`)
)

const fileDate = "01/02/2006"

// The years that a date may have. Others are what systems write for no date at all.
const firstYear, lastYear = 1900, 2199

// parseDate reads MM/DD/YYYY, two digits each and four, into its stored form YYYY-MM-DD.
func parseDate(s string) (stored string, ok bool) {
	if len(s) != len(fileDate) {
		return "", false
	}
	head, tail, ok := storedDate([]byte(s))
	if !ok {
		return "", false
	}
	var day [len(fileDate)]byte
	binary.LittleEndian.PutUint64(day[:], head)
	binary.LittleEndian.PutUint16(day[8:], tail)
	return string(day[:]), true
}

// storedDate turns MM/DD/YYYY into YYYY-MM-DD, its first eight bytes and the last two as little-endian words; false: it is no such date.
func storedDate(d []byte) (head uint64, tail uint16, ok bool) {
	const signs, slashes = 0xFF<<16 | 0xFF<<40, 0x2F<<16 | 0x2F<<40
	if len(d) != len(fileDate) {
		return 0, 0, false
	}
	text, year := binary.LittleEndian.Uint64(d), uint64(binary.LittleEndian.Uint32(d[6:]))
	// Every byte becomes its digit, and a slash 0: what is above 9 is none, and adding 0x76 carries that into the high bit.
	digits, years := text^(0x30*eachByte&^signs|slashes), year^0x30303030
	if (digits|(digits+0x76*eachByte)|years|(years+0x76767676))&highBits != 0 || digits&signs != 0 {
		return 0, 0, false
	}
	// Of each two bytes the second gets ten times the first and itself.
	twice, years := digits*10+digits>>8, years*10+years>>8
	month, day, y := int(twice&0xFF), int(twice>>24&0xFF), int(years&0xFF)*100+int(years>>16&0xFF)
	if y < firstYear || y > lastYear || month < 1 || month > 12 || day < 1 || day > daysOf(y, month) {
		return 0, 0, false
	}
	return year | '-'<<32 | text&0xFFFF<<40 | '-'<<56, uint16(text >> 24), true
}

// daysOf returns the number of days of a month.
func daysOf(year, month int) int {
	switch {
	case month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0):
		return 28
	case month == 2:
		return 29
	}
	return 30 + (month+month>>3)&1
}

// reportDate says what a cell that is no date looks like. It never guesses: the value is set aside whatever it was meant to be.
func (r *reader) reportDate(f roster.Finding) {
	f.Code, f.Level = roster.DateFormat, roster.ValueAside
	variant, date := dateMeant(f.Value)
	if date.IsZero() {
		r.found.add(f, variant)
		return
	}
	r.found.add(f, variant, "date", date.Format(fileDate))
}

// dateMeant names what a value is that is not MM/DD/YYYY, by the variant of its sentence, and the one day that it can mean where there is one.
func dateMeant(s string) (variant string, date time.Time) {
	if serialValue.MatchString(s) {
		days, _ := strconv.Atoi(s[:5])
		// Day 1 is 1900-01-01 and the 29th of February 1900, which never was, has a number too; so the count is from two days before.
		return "serial", time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days)
	}
	day, hasTime := s, false
	if m := timeOfDay.FindStringSubmatch(s); m != nil {
		day, hasTime = m[1], true
	}
	if _, ok := parseDate(day); ok && hasTime {
		date, _ := calendarDate(day[6:], day[:2], day[3:5])
		return "form", date
	}
	if m := looseDate.FindStringSubmatch(day); m != nil {
		return looseDateMeant(m, hasTime)
	}
	if m := yearFirst.FindStringSubmatch(day); m != nil {
		if date, ok := calendarDate(m[1], m[2], m[3]); ok && (len(day) != len(m[1])+len(m[2])+len(m[3]) || len(day) == len("20200131")) {
			return "iso", date
		}
	}
	return namedDateMeant(day)
}

// looseDateMeant is dateMeant for two short numbers and a year.
func looseDateMeant(m []string, hasTime bool) (variant string, date time.Time) {
	first, second, year := m[1], m[3], m[4]
	if len(year) == 2 {
		return "year", time.Time{}
	}
	if y, _ := strconv.Atoi(year); y < firstYear || y > lastYear {
		return "range", time.Time{}
	}
	monthFirst, ok := calendarDate(year, first, second)
	dayFirst, swapped := calendarDate(year, second, first)
	switch {
	case ok && m[2] == "/" && !hasTime:
		return "digits", monthFirst
	case ok && (!swapped || monthFirst.Equal(dayFirst) || m[2] == "/"):
		return "form", monthFirst
	case ok:
		return "ambiguous", time.Time{} // with dots or hyphens, the day often comes first
	case swapped:
		return "swapped", dayFirst
	}
	return "day", time.Time{}
}

// namedDateMeant is dateMeant for a month in letters, English or French.
func namedDateMeant(s string) (variant string, date time.Time) {
	m := namedDate.FindStringSubmatch(s)
	if m == nil || (m[1] == "") == (m[3] == "") {
		return "", time.Time{}
	}
	month := monthNamed(titles.Letters(m[2]))
	if date, ok := calendarDate(m[4], strconv.Itoa(month), m[1]+m[3]); ok {
		return "form", date
	}
	return "", time.Time{}
}

// monthNamed returns the number of a month by its name or the beginning of it, 0 where there is none or more than one.
func monthNamed(name string) (month int) {
	english := []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	french := []string{"janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre"}
	for i := range english {
		if !strings.HasPrefix(english[i], name) && !strings.HasPrefix(french[i], name) {
			continue
		}
		if month != 0 {
			return 0
		}
		month = i + 1
	}
	return month
}
