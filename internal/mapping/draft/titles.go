package draft

import (
	"fmt"
	"strings"

	"rollcall.internal/internal/mapping/titles"
	"rollcall.internal/internal/roster"
)

// how says by what a title was known.
type how int

const (
	howCustom    how = iota // by nothing: a field of the tenant's own
	howGuide                // the guide's title, or the field's own name
	howOther                // another name that HR systems have for it
	howDiversity            // a word for a characteristic of the person
)

// diversity are words that say that a field is about a characteristic of the person.
var diversity = []string{
	"gender", "sex", "pronoun", "pronouns", "ethnicity", "ethnic", "race", "racial", "disability", "disabled", "disabilities", "veteran", "military", "sexual orientation", "orientation", "lgbtq", "lgbt", "lgbtqia", "lgbtq2s", "2slgbtq", "indigenous", "aboriginal",
	"visible minority", "minority", "religion", "faith", "neurodiversity", "neurodivergent", "nationality", "citizenship", "marital status", "parental status", "caregiver", "age", "age group", "age range", "generation", "date of birth", "birth date",
	"first generation", "diversity", "immigrant", "socioeconomic", "socio economic", "genre", "sexe", "identite de genre", "pronom", "pronoms", "ethnicite", "origine ethnique", "ethnie", "handicap", "situation de handicap", "ancien combattant", "veterane",
	"orientation sexuelle", "autochtone", "minorite visible", "minorite", "etat civil", "date de naissance", "nationalite", "citoyennete", "neurodivergent", "neurodiversite", "diversite",
}

// fieldOf returns the profile field that a title is about, and by what it was known; the field is "" for one of the tenant's own.
func fieldOf(title string) (roster.Field, how) {
	if f, err := roster.ParseField(title); err == nil {
		return f, howGuide
	}
	for _, text := range []string{title, bare(title)} {
		if f, guides, ok := titles.Of(text); ok && guides {
			return f, howGuide
		} else if ok {
			return f, howOther
		}
	}
	if said := Words(title); len(title) <= maxTitle && saysAny(said, diversity...) {
		return "", howDiversity
	}
	return "", howCustom
}

// FieldOf guesses which profile field a column of a customer's file is, by its title: the guide's, a name that HR systems have for one, or "diversity.NAME"; ok is
// false where nothing is known of it.
func FieldOf(title string) (f roster.Field, ok bool) {
	f, by := fieldOf(title)
	if by == howDiversity {
		f = roster.Field("diversity." + slug(title))
	}
	return f, by != howCustom
}

// maxSlug keeps a field of the tenant's own within what roster.ParseField takes.
const maxSlug = 60

// slug makes the NAME of diversity.NAME and custom.NAME out of a title: ASCII letters, digits and underscores, starting with a letter.
func slug(title string) string {
	var b strings.Builder
	for _, r := range Words(bare(title)) {
		switch {
		case r == ' ':
			b.WriteByte('_')
		case r < 0x80:
			b.WriteRune(r)
		}
	}
	name := strings.Trim(b.String(), "_")
	for strings.Contains(name, "__") {
		name = strings.ReplaceAll(name, "__", "_")
	}
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		name = strings.TrimSuffix("field_"+name, "_")
	}
	return strings.TrimRight(name[:min(len(name), maxSlug)], "_")
}

// unused returns the first of NAME, NAME_2, NAME_3 ... that no field has yet.
func (d *drafter) unused(prefix, name string) roster.Field {
	for n := 1; ; n++ {
		f := roster.Field(prefix + name)
		if n > 1 {
			suffix := fmt.Sprintf("_%d", n)
			f = roster.Field(prefix + name[:min(len(name), maxSlug-len(suffix))] + suffix)
		}
		if _, taken := d.fieldAt(f); !taken {
			return f
		}
	}
}
