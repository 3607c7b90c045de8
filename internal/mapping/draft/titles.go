package draft

import (
	"fmt"
	"strings"

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

// guide are the titles of the guide.
var guide = map[roster.Field]string{
	roster.FirstName: "First Name", roster.LastName: "Last Name", roster.Email: "Email Address", roster.UniqueID: "Unique ID",
	roster.ProgramEligibility: "Program Eligibility", roster.Status: "Status", roster.JobFunction: "Job Function", roster.JobFamily: "Job Family",
	roster.ManagementLevel: "Management Level", roster.HireStartDate: "Hire Start Date", roster.MostRecentRoleStartDate: "Most Recent Role Start Date",
	roster.BusinessUnit: "Business Unit", roster.SupervisorOrganization: "Supervisor Organization", roster.Department: "Department", roster.City: "City",
	roster.Country: "Country", roster.PeopleManagerStatus: "People Manager Status", roster.HighPotentialStatus: "High Potential Status",
	roster.FirstLevelSupervisor: "First Level Supervisor", roster.SecondLevelSupervisor: "Second Level Supervisor", roster.ThirdLevelSupervisor: "Third Level Supervisor",
	roster.Locale: "Locale", roster.RoleReasonChangeCode: "Role Reason Change Code",
}

// guideTitle returns the guide's title of a field, and the field's name where the guide has none.
func guideTitle(f roster.Field) string {
	if title, ok := guide[f]; ok {
		return title
	}
	return string(f)
}

// others are the plain words by which HR systems and people call the guide's fields, in English and French.
var others = map[roster.Field][]string{
	roster.FirstName: {"firstname", "given name", "given names", "forename", "preferred first name", "legal first name", "preferred name", "employee first name", "prenom", "prenom usuel"},
	roster.LastName:  {"lastname", "surname", "family name", "legal last name", "preferred last name", "employee last name", "nom", "nom de famille"},
	roster.Email: {
		"email", "e mail", "mail", "e mail address", "work email", "work email address", "work e mail", "work e mail address", "business e mail", "email id", "business email", "business email address", "company email", "corporate email",
		"primary work email", "primary email", "employee email", "email primary work", "email work", "office email", "courriel", "adresse courriel", "adresse de courriel", "adresse e mail", "adresse mail", "courriel professionnel",
		"courriel au travail", "adresse electronique",
	},
	roster.UniqueID: {
		"unique identifier", "uniqueid", "employee id", "employee number", "employee no", "employeeid", "emp id", "employee identifier", "worker id", "person id", "person number", "personnel number", "staff id",
		"staff number", "associate id", "user id", "hris id", "eid", "id", "identifiant unique", "identifiant", "id unique", "matricule", "numero demploye", "no demploye", "id employe", "code employe",
	},
	roster.ProgramEligibility: {"eligibility", "eligible", "eligibility status", "program eligible", "eligible for program", "programme eligibility", "admissibilite", "admissibilite au programme", "eligibilite", "eligibilite au programme", "admissible"},
	roster.Status: {
		"employee status", "employment status", "worker status", "active status", "active inactive", "account status", "work status", "statut", "statut de lemploye", "statut demploi", "statut employe", "etat",
	},
	roster.JobFunction:     {"function", "job role function", "job functional area", "functional area", "fonction", "fonction demploi", "fonction professionnelle"},
	roster.JobFamily:       {"job family group", "family", "job category", "famille demplois", "famille demploi", "famille de postes", "famille de metiers"},
	roster.ManagementLevel: {"job level", "level", "grade", "job grade", "pay grade", "band", "career level", "career band", "seniority", "mgmt level", "management tier", "niveau", "niveau de gestion", "niveau hierarchique", "echelon"},
	roster.HireStartDate: {
		"hire date", "date of hire", "start date", "original hire date", "employment start date", "hired on", "most recent hire date", "date dembauche", "date dentree en fonction", "date dentree", "date de debut demploi",
	},
	roster.MostRecentRoleStartDate: {
		"role start date", "most recent role date", "position start date", "current role start date", "job start date", "date in position", "time in role", "date de debut du poste", "date de debut du role", "date de debut du dernier poste",
		"date dentree en poste",
	},
	roster.BusinessUnit:           {"bu", "business line", "line of business", "lob", "business area", "business segment", "division", "unite daffaires", "unite fonctionnelle", "secteur daffaires", "ligne daffaires"},
	roster.SupervisorOrganization: {"supervisory organization", "supervisory organisation", "supervisory org", "supervisor organisation", "supervisor org", "sup org", "organisation du superviseur", "organisation de supervision", "organisation hierarchique"},
	roster.Department:             {"dept", "department name", "dept name", "team", "service", "departement", "direction"},
	roster.City:                   {"work city", "office city", "location city", "location", "work location", "office location", "office", "ville", "ville de travail", "lieu de travail", "emplacement"},
	roster.Country:                {"work country", "office country", "location country", "country region", "country name", "pays", "pays de travail"},
	roster.PeopleManagerStatus:    {"people manager", "is people manager", "is manager", "manager y n", "manager status", "manager flag", "people leader", "people manager y n", "gestionnaire de personnes", "gestionnaire de personnel", "gestionnaire", "est gestionnaire"},
	roster.HighPotentialStatus:    {"high potential", "hipo", "hi po", "hipo status", "high potential flag", "high potential y n", "haut potentiel", "statut haut potentiel"},
	roster.FirstLevelSupervisor: {
		"supervisor", "manager", "manager name", "supervisor name", "direct manager", "direct supervisor", "line manager", "reports to", "reporting manager", "first level manager", "1st level supervisor", "level 1 supervisor", "supervisor level 1",
		"superviseur", "superviseur immediat", "superviseur de premier niveau", "superviseur de niveau 1", "gestionnaire immediat", "superviseur direct", "premier niveau de supervision",
	},
	roster.SecondLevelSupervisor: {
		"second level manager", "2nd level supervisor", "2nd level manager", "level 2 supervisor", "supervisor level 2", "managers manager", "skip level manager", "superviseur de deuxieme niveau", "superviseur de niveau 2", "superviseur de second niveau",
		"deuxieme niveau de supervision",
	},
	roster.ThirdLevelSupervisor: {"third level manager", "3rd level supervisor", "3rd level manager", "level 3 supervisor", "supervisor level 3", "superviseur de troisieme niveau", "superviseur de niveau 3", "troisieme niveau de supervision"},
	roster.Locale: {
		"language", "preferred language", "language preference", "language code", "communication language", "user locale", "langue", "langue preferee", "langue de preference", "langue de communication", "langue de correspondance", "parametres regionaux",
	},
	roster.RoleReasonChangeCode: {"role change reason code", "reason code", "change reason code", "job change reason", "role change reason", "action reason", "code de motif de changement de role", "code de motif", "motif du changement"},
}

// diversity are words that say that a field is about a characteristic of the person.
var diversity = []string{
	"gender", "sex", "pronoun", "pronouns", "ethnicity", "ethnic", "race", "racial", "disability", "disabled", "disabilities", "veteran", "military", "sexual orientation", "orientation", "lgbtq", "lgbt", "lgbtqia", "lgbtq2s", "2slgbtq", "indigenous", "aboriginal",
	"visible minority", "minority", "religion", "faith", "neurodiversity", "neurodivergent", "nationality", "citizenship", "marital status", "parental status", "caregiver", "age", "age group", "age range", "generation", "date of birth", "birth date",
	"first generation", "diversity", "immigrant", "socioeconomic", "socio economic", "genre", "sexe", "identite de genre", "pronom", "pronoms", "ethnicite", "origine ethnique", "ethnie", "handicap", "situation de handicap", "ancien combattant", "veterane",
	"orientation sexuelle", "autochtone", "minorite visible", "minorite", "etat civil", "date de naissance", "nationalite", "citoyennete", "neurodivergent", "neurodiversite", "diversite",
}

// byTitle is the guide's titles, the fields' own names and the other names, by their plain words.
var byTitle = titleTable()

func titleTable() map[string]known {
	table := map[string]known{}
	for f, names := range others {
		for _, name := range names {
			table[Words(name)] = known{f, howOther}
		}
	}
	for f, title := range guide {
		table[Words(title)] = known{f, howGuide}
		table[Words(string(f))] = known{f, howGuide}
	}
	return table
}

type known struct {
	field roster.Field
	how   how
}

// fieldOf returns the profile field that a title is about, and by what it was known; the field is "" for one of the tenant's own.
func fieldOf(title string) (roster.Field, how) {
	if f, err := roster.ParseField(title); err == nil {
		return f, howGuide
	}
	for _, text := range []string{title, bare(title)} {
		if k, ok := byTitle[Words(text)]; ok {
			return k.field, k.how
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
