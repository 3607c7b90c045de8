package rostergen

import (
	"fmt"
	"strconv"
	"time"

	"rollcall.internal/internal/roster"
)

// A Person is one row of a roster at one moment; it does not change when the company goes on.
type Person struct {
	person
	company *Company
}

// Value returns the field's value in its stored form; "" where the person has none or rosters have no such column.
func (p Person) Value(f roster.Field) string {
	switch f {
	case roster.FirstName:
		return firstNames[p.first].name
	case roster.LastName:
		return lastNames[p.last].name
	case roster.Email:
		return string(p.appendAddress(nil))
	case roster.UniqueID:
		return fmt.Sprintf("%06d", p.number+1)
	case roster.ProgramEligibility:
		return choose(p.ineligible, roster.Ineligible, roster.Eligible)
	case roster.Status:
		return choose(p.inactive, roster.StatusInactive, roster.StatusActive)
	case roster.HireStartDate:
		return date(p.hired).Format(time.DateOnly)
	case roster.MostRecentRoleStartDate:
		return date(p.role).Format(time.DateOnly)
	case roster.PeopleManagerStatus:
		return choose(p.leader, "yes", "no")
	case roster.HighPotentialStatus:
		return choose(p.potential, "yes", "no")
	case roster.FirstLevelSupervisor:
		return p.company.name(p.above(1))
	case roster.SecondLevelSupervisor:
		return p.company.name(p.above(2))
	case roster.ThirdLevelSupervisor:
		return p.company.name(p.above(3))
	case roster.Locale:
		return choose(p.french, roster.FrCA, roster.EnUS)
	}
	return p.placed(f)
}

// placed returns the values that come from tables of words.
func (p Person) placed(f roster.Field) string {
	switch f {
	case roster.JobFunction:
		return jobs[p.job].function
	case roster.JobFamily:
		return jobs[p.job].family
	case roster.ManagementLevel:
		return levels[p.level]
	case roster.BusinessUnit:
		return units[p.unit]
	case roster.SupervisorOrganization:
		return organizations[p.unit]
	case roster.Department:
		return departments[p.department]
	case roster.City:
		return cities[p.city].city
	case roster.Country:
		return cities[p.city].country
	}
	return ""
}

func choose(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// above returns the number of the supervisor so many levels up, -1 where there is none.
func (p Person) above(levels int) int32 {
	n := p.supervisor
	for ; levels > 1 && n >= 0; levels-- {
		n = p.company.all[n].supervisor
	}
	return n
}

func (c *Company) name(number int32) string {
	if number < 0 {
		return ""
	}
	p := c.all[number]
	return firstNames[p.first].name + " " + lastNames[p.last].name
}

// appendAddress adds the person's address to b. The number makes it unique.
func (p Person) appendAddress(b []byte) []byte {
	if p.number == 0 {
		b = append(b, "ceo"...)
	} else {
		b = append(b, firstNames[p.first].ascii...)
		b = append(b, '.')
		b = append(b, lastNames[p.last].ascii...)
		b = strconv.AppendInt(b, int64(p.number)+1, 10)
	}
	if p.address == 0 {
		return append(b, "@acme.example"...)
	}
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(p.address), 10)
	return append(b, "@group.acme.example"...)
}
