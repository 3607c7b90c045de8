// Package titles knows what columns are called: by the hub's guide, and by personnel systems and people, in English and French. A workbook's rows are known by it, and
// a file that lacks an agreed column is searched by it for the column that was probably meant. There is one table, so that both guess alike.
package titles

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rollcall.internal/internal/roster"
)

// Guide returns the guide's title of a field, and the field's name where the guide has none.
func Guide(f roster.Field) string {
	if title, ok := guide[f]; ok {
		return title
	}
	return string(f)
}

// Others returns what else a field's column is called, as plain words, the likeliest first; nil where nothing is known.
func Others(f roster.Field) []string { return others[f] }

// Of returns the field that a title is about; guides says that the title is the guide's or the field's own name. ok is false where the title is none that is known.
func Of(title string) (f roster.Field, guides, ok bool) {
	k, ok := byLetters[Letters(title)]
	return k.field, k.guides, ok
}

// Letters folds what people write differently: case, accents, and whatever is neither a letter nor a digit. Two titles are the same if their letters are.
func Letters(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
}

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

// others are the plain words by which personnel systems and people call the guide's fields.
var others = map[roster.Field][]string{
	roster.FirstName: {"firstname", "given name", "given names", "forename", "preferred first name", "legal first name", "preferred name", "employee first name", "prenom", "prenom usuel", "fname"},
	roster.LastName:  {"lastname", "surname", "family name", "legal last name", "preferred last name", "employee last name", "nom", "nom de famille", "lname"},
	roster.Email: {
		"email", "e mail", "mail", "e mail address", "work email", "work email address", "work e mail", "work e mail address", "business e mail", "email id", "business email", "business email address", "company email", "corporate email",
		"primary work email", "primary email", "employee email", "email primary work", "email work", "office email", "courriel", "adresse courriel", "adresse de courriel", "adresse e mail", "adresse mail", "courriel professionnel",
		"courriel au travail", "adresse electronique", "user principal name", "upn", "courriel travail", "mel",
	},
	roster.UniqueID: {
		"unique identifier", "uniqueid", "employee id", "employee number", "employee no", "employeeid", "emp id", "employee identifier", "worker id", "person id", "person number", "personnel number", "staff id",
		"staff number", "associate id", "user id", "hris id", "eid", "id", "identifiant unique", "identifiant", "id unique", "matricule", "numero demploye", "no demploye", "id employe", "code employe", "emplid", "personnel id", "numero employe",
	},
	roster.ProgramEligibility: {"eligibility", "eligible", "eligibility status", "program eligible", "eligible for program", "programme eligibility", "admissibilite", "admissibilite au programme", "eligibilite", "eligibilite au programme", "admissible"},
	roster.Status: {
		"employee status", "employment status", "worker status", "active status", "active inactive", "account status", "work status", "statut", "statut de lemploye", "statut demploi", "statut employe", "etat",
	},
	roster.JobFunction:     {"function", "job role function", "job functional area", "functional area", "fonction", "fonction demploi", "fonction professionnelle"},
	roster.JobFamily:       {"job family group", "family", "job category", "famille demplois", "famille demploi", "famille de postes", "famille de metiers", "famille"},
	roster.ManagementLevel: {"job level", "level", "grade", "job grade", "pay grade", "band", "career level", "career band", "seniority", "mgmt level", "management tier", "niveau", "niveau de gestion", "niveau hierarchique", "echelon"},
	roster.HireStartDate: {
		"hire date", "date of hire", "start date", "original hire date", "employment start date", "hired on", "most recent hire date", "date dembauche", "date dentree en fonction", "date dentree", "date de debut demploi", "join date", "joining date", "date embauche",
	},
	roster.MostRecentRoleStartDate: {
		"role start date", "most recent role date", "position start date", "current role start date", "job start date", "date in position", "time in role", "date de debut du poste", "date de debut du role", "date de debut du dernier poste",
		"date dentree en poste", "date debut poste",
	},
	roster.BusinessUnit:           {"bu", "business line", "line of business", "lob", "business area", "business segment", "division", "unite daffaires", "unite fonctionnelle", "secteur daffaires", "ligne daffaires"},
	roster.SupervisorOrganization: {"supervisory organization", "supervisory organisation", "supervisory org", "supervisor organisation", "supervisor org", "sup org", "organisation du superviseur", "organisation de supervision", "organisation hierarchique"},
	roster.Department:             {"dept", "department name", "dept name", "team", "service", "departement", "direction"},
	roster.City:                   {"work city", "office city", "location city", "location", "work location", "office location", "office", "ville", "ville de travail", "lieu de travail", "emplacement", "town"},
	roster.Country:                {"work country", "office country", "location country", "country region", "country name", "pays", "pays de travail", "nation"},
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
		"language", "preferred language", "language preference", "language code", "communication language", "user locale", "langue", "langue preferee", "langue de preference", "langue de communication", "langue de correspondance", "parametres regionaux", "lang", "langage de correspondance",
	},
	roster.RoleReasonChangeCode: {"role change reason code", "reason code", "change reason code", "job change reason", "role change reason", "action reason", "code de motif de changement de role", "code de motif", "motif du changement"},
}

type known struct {
	field  roster.Field
	guides bool
}

// byLetters is the guide's titles, the fields' own names and the other names, by their letters.
var byLetters = table()

func table() map[string]known {
	t := map[string]known{}
	for f, names := range others {
		for _, name := range names {
			t[Letters(name)] = known{field: f}
		}
	}
	for f, title := range guide {
		t[Letters(title)] = known{f, true}
		t[Letters(string(f))] = known{f, true}
	}
	return t
}
