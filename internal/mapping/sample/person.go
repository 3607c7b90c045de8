package sample

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// A person is one who does not exist.
type person struct {
	number      int // counted from 0
	first, last string
}

// Names of many spellings, since an export has to carry all of them.
var (
	firstNames = []string{"Ana", "Zoé", "Siobhán", "François", "Wei", "Björn", "Noor", "Mary-Jane", "José", "Aïcha", "Liam", "Małgorzata"}
	lastNames  = []string{"Roy", "Côté", "O'Neil", "Lévesque-Gagnon", "Zhang", "Sørensen", "van der Berg", "Okafor", "Muñoz", "Tremblay", "Smith", "Łukasik", "Singh"}
)

func personOf(number int) person {
	// The numbers of names have no common factor, so that it takes their product for a full name to come again.
	return person{number: number, first: firstNames[number%len(firstNames)], last: lastNames[number%len(lastNames)]}
}

// address is the person's alone: in a domain that nobody has, and numbered where the names come again.
func (p person) address() string {
	number := ""
	if n := p.number / (len(firstNames) * len(lastNames)); n > 0 {
		number = fmt.Sprint(n + 1)
	}
	return plain(p.first) + "." + plain(p.last) + number + "@acme.example"
}

// plain is a name in lower-case ASCII letters.
func plain(name string) string {
	name = strings.NewReplacer("ł", "l", "Ł", "l", "ø", "o", "Ø", "o").Replace(name)
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(norm.NFD.String(name)))
}

// date is one that can be read in one way only: its day is over 12.
func (p person) date(since int) string {
	return fmt.Sprintf("%02d/%02d/%04d", 1+p.number%12, 13+p.number%16, since+p.number%9)
}

// cell is what a person's cell of a column says; values are what the column may hold, where that is not the person's own.
func cell(c mapping.Column, values []string, p person) string {
	switch {
	case c.Field == roster.FirstName:
		return p.first
	case c.Field == roster.LastName:
		return p.last
	case c.Field == roster.Email:
		return p.address()
	case c.Field == roster.UniqueID:
		return fmt.Sprintf("%06d", 101+p.number)
	case c.Field == roster.MostRecentRoleStartDate:
		return p.date(2016)
	case c.Field.Kind() == roster.Date:
		return p.date(2007)
	case len(values) == 0:
		return ""
	case c.Field == roster.Locale:
		return values[p.number%len(values)]
	case c.Field.Kind() == roster.Choice:
		return values[min(p.rare(), len(values)-1)]
	}
	return values[p.number%len(values)]
}

// rare is 0 for most people, and 1 for one in six: on leave, not eligible.
func (p person) rare() int {
	if p.number%6 == 4 {
		return 1
	}
	return 0
}

// examples are values of a field that has no set.
func examples(c mapping.Column) []string {
	switch c.Field {
	case roster.JobFunction:
		return []string{"Finance", "Engineering", "Ressources humaines", "Sales & Marketing"}
	case roster.JobFamily:
		return []string{"Accounting", "Software Development", "Recrutement", "Account Management"}
	case roster.ManagementLevel:
		return []string{"Individual Contributor", "Manager", "Director", "Vice-président"}
	case roster.BusinessUnit:
		return []string{"Commercial Banking", "Personal Banking", "Technology"}
	case roster.SupervisorOrganization:
		return []string{"Finance (Ana Roy)", "Technology (Zoé Côté)", "Sales (Liam Smith)"}
	case roster.Department:
		return []string{"Audit", "Platform", "Inside Sales, East", "Communications internes"}
	case roster.City:
		return []string{"Toronto", "Montréal", "New York", "St. John's"}
	case roster.Country:
		return []string{"Canada", "Canada", "United States", "Canada"}
	case roster.FirstLevelSupervisor:
		return []string{"Noor Okafor", "José Muñoz", "Aïcha Tremblay"}
	case roster.SecondLevelSupervisor:
		return []string{"Björn Sørensen", "Mary-Jane van der Berg"}
	case roster.ThirdLevelSupervisor:
		return []string{"Siobhán O'Neil"}
	case roster.RoleReasonChangeCode:
		return []string{"PROMOTION", "LATERAL", "NEW-HIRE"}
	}
	if c.Field.Kind() == roster.Text {
		return []string{c.Title + " A", c.Title + " B", c.Title + " C"}
	}
	return nil
}
