package intake

import (
	"cmp"
	"slices"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// otherTitles are what exports of personnel systems call the guide's columns, in the form of plainLetters.
func otherTitles(f roster.Field) []string {
	switch f {
	case roster.FirstName:
		return []string{"firstname", "givenname", "forename", "legalfirstname", "preferredfirstname", "preferredname", "fname", "prenom"}
	case roster.LastName:
		return []string{"lastname", "surname", "familyname", "legallastname", "preferredlastname", "lname", "nom", "nomdefamille"}
	case roster.Email:
		return []string{
			"email", "emailaddress", "mail", "workemail", "workemailaddress", "emailwork", "primaryemail", "primaryworkemail", "businessemail", "companyemail",
			"corporateemail", "emailid", "userprincipalname", "upn", "courriel", "adressecourriel", "adresseelectronique", "adresseemail", "courrielprofessionnel",
			"courrieltravail", "mel",
		}
	case roster.UniqueID:
		return []string{
			"uniqueid", "id", "employeeid", "employeenumber", "employeeno", "emplid", "empid", "workerid", "personid", "personnelnumber", "personnelid", "associateid",
			"staffid", "userid", "identifiant", "identifiantunique", "matricule", "numerodemploye", "noemploye", "nodemploye", "numeroemploye",
		}
	case roster.Status:
		return []string{"status", "employeestatus", "employmentstatus", "workerstatus", "activestatus", "statut", "statutdemploi", "etat"}
	case roster.ProgramEligibility:
		return []string{"programeligibility", "eligibility", "eligible", "programeligible", "admissibilite", "admissibiliteauprogramme", "admissible"}
	case roster.HireStartDate:
		return []string{"hirestartdate", "hiredate", "startdate", "dateofhire", "originalhiredate", "joindate", "joiningdate", "datedembauche", "dateembauche", "datedentree"}
	case roster.MostRecentRoleStartDate:
		return []string{"mostrecentrolestartdate", "rolestartdate", "positionstartdate", "jobstartdate", "currentrolestartdate", "datedebutposte", "datededebutduposte"}
	}
	return otherWorkTitles(f)
}

// otherWorkTitles is otherTitles for what a person does and where.
func otherWorkTitles(f roster.Field) []string {
	switch f {
	case roster.JobFunction:
		return []string{"jobfunction", "function", "fonction", "fonctiondemploi"}
	case roster.JobFamily:
		return []string{"jobfamily", "jobfamilygroup", "familledemplois", "familledemploi", "famille"}
	case roster.ManagementLevel:
		return []string{"managementlevel", "joblevel", "level", "grade", "careerlevel", "niveaudegestion", "niveau"}
	case roster.BusinessUnit:
		return []string{"businessunit", "bu", "division", "businessline", "unitedaffaires", "uniteaffaires"}
	case roster.SupervisorOrganization:
		return []string{"supervisororganization", "supervisoryorganization", "suporg", "organisationdusuperviseur", "organisationhierarchique"}
	case roster.Department:
		return []string{"department", "dept", "departmentname", "departement", "service"}
	case roster.City:
		return []string{"city", "town", "worklocation", "location", "worklocationcity", "officecity", "ville"}
	case roster.Country:
		return []string{"country", "countryname", "workcountry", "nation", "pays"}
	case roster.PeopleManagerStatus:
		return []string{"peoplemanagerstatus", "peoplemanager", "ismanager", "manager", "managerflag", "gestionnaire", "gestionnairedepersonnel"}
	case roster.HighPotentialStatus:
		return []string{"highpotentialstatus", "highpotential", "hipo", "hautpotentiel"}
	case roster.FirstLevelSupervisor:
		return []string{"firstlevelsupervisor", "supervisor", "supervisorname", "manager", "managername", "superviseur", "superviseurimmediat"}
	case roster.Locale:
		return []string{"locale", "language", "preferredlanguage", "lang", "langue", "langueprefere", "langagedecorrespondance", "langdecorrespondance"}
	case roster.RoleReasonChangeCode:
		return []string{"rolereasonchangecode", "reasoncode", "changereason", "changereasoncode", "motifdechangement"}
	}
	return nil
}

// likelyTitles returns, for each missing column, which of the file's spare titles is probably it, or "". No title is given twice: the likeliest pair comes first.
func likelyTitles(missing []mapping.Column, spare []string) []string {
	type pair struct{ column, title, distance int }
	var pairs []pair
	for i, c := range missing {
		for k, title := range spare {
			if d, ok := titleDistance(c, title); ok {
				pairs = append(pairs, pair{i, k, d})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.distance, b.distance) })
	likely, taken := make([]string, len(missing)), make([]bool, len(spare))
	for _, p := range pairs {
		if likely[p.column] == "" && !taken[p.title] {
			likely[p.column], taken[p.title] = spare[p.title], true
		}
	}
	return likely
}

// titleDistance says how far a title is from a column's, 0 being the same but for case and punctuation; false: too far. A well-known other name is nearer than one that is
// misspelt, and the earlier it stands in its list, the nearer.
func titleDistance(c mapping.Column, title string) (int, bool) {
	const lettersApart = 100
	plain := plainLetters(title)
	if plain == plainLetters(c.Title) {
		return 0, true
	}
	if i := slices.Index(otherTitles(c.Field), plain); i >= 0 {
		return 1 + i, true
	}
	limit := mostLettersApart(plainLetters(c.Title)) + 1
	d := distance(plain, plainLetters(c.Title), limit)
	return lettersApart + d, d < limit
}
