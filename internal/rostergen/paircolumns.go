package rostergen

import (
	"slices"
	"strconv"

	"rollcall.internal/internal/roster"
)

const (
	pairDays          = 9000 // days that a date is chosen of
	pairOrganizations = 11_000
	quotedIn          = 11 // organizations, of which one needs quotes
)

// pairColumns returns the columns of a pair.
func pairColumns() []pairColumn {
	days := make([]string, pairDays)
	for i := range days {
		days[i] = date(firstDay - int32(i)).Format("01/02/2006")
	}
	organization := words(pairOrganizationNames())
	var functions, families, towns, countries []string
	for _, j := range jobs {
		functions, families = append(functions, j.function), append(families, j.family)
	}
	for _, c := range cities {
		towns, countries = append(towns, c.city), append(countries, c.country)
	}
	return []pairColumn{
		{Column{"First Name", roster.FirstName}, len(firstNames), func(l []byte, _, i int) []byte { return append(l, firstNames[i].name...) }},
		{Column{"Last Name", roster.LastName}, pairLastNames(), func(l []byte, _, i int) []byte { return appendPairLastName(l, i) }},
		{Column{"Email Address", roster.Email}, 2, appendPairAddress},
		{Column{"Unique ID", roster.UniqueID}, 1, func(l []byte, n, _ int) []byte { return appendPadded(l, n+1) }},
		{Column{"Program Eligibility", roster.ProgramEligibility}, 2, words([]string{roster.Ineligible, roster.Eligible})},
		{Column{"Status", roster.Status}, 2, words([]string{roster.StatusInactive, roster.StatusActive})},
		of(Column{"Job Function", roster.JobFunction}, functions),
		of(Column{"Job Family", roster.JobFamily}, families),
		of(Column{"Management Level", roster.ManagementLevel}, levels),
		{Column{"Hire Start Date", roster.HireStartDate}, pairDays, words(days)},
		{Column{"Most Recent Role Start Date", roster.MostRecentRoleStartDate}, pairDays, words(days)},
		of(Column{"Business Unit", roster.BusinessUnit}, units),
		{Column{"Supervisor Organization", roster.SupervisorOrganization}, pairOrganizations, organization},
		of(Column{"Department", roster.Department}, departments),
		of(Column{"City", roster.City}, towns),
		of(Column{"Country", roster.Country}, countries),
		of(Column{"People Manager Status", roster.PeopleManagerStatus}, []string{"yes", "no"}),
		{Column{"First Level Supervisor", roster.FirstLevelSupervisor}, len(firstNames) * pairLastNames(), appendPairName},
		{Column{"Second Level Supervisor", roster.SecondLevelSupervisor}, len(firstNames) * pairLastNames(), appendPairName},
		of(Column{"Locale", roster.Locale}, []string{roster.EnUS, roster.FrCA}),
	}
}

// of returns a column of few values: those of the texts that are different and need no quotes.
func of(c Column, texts []string) pairColumn {
	plain := slices.Clone(texts)
	slices.Sort(plain)
	plain = slices.DeleteFunc(slices.Compact(plain), func(s string) bool { return s == "" || string(appendCell(nil, s)) != s })
	return pairColumn{c, len(plain), words(plain)}
}

// words returns how a cell is written that is one of the texts.
func words(texts []string) func([]byte, int, int) []byte {
	written := make([][]byte, len(texts))
	for i, t := range texts {
		written[i] = appendCell(nil, t)
	}
	return func(line []byte, _, i int) []byte { return append(line, written[i]...) }
}

// pairOrganizationNames are names of teams; one in quotedIn of them has a comma, and some of those have quotes too.
func pairOrganizationNames() []string {
	names := make([]string, pairOrganizations)
	for i := range names {
		names[i] = "Team " + string(appendPadded(nil, i)[3:])
		if i%quotedIn == 0 {
			names[i] += ", " + []string{"Montréal", `"Labs"`, "Zürich"}[i/quotedIn%3]
		}
	}
	return names
}

// pairLastNames is the number of last names: those of the table, and each of them joined to each.
func pairLastNames() int { return len(lastNames) + len(lastNames)*len(lastNames) }

// joined returns the index of the last name that joins those at a and b.
func joined(a, b int) int { return len(lastNames) + a*len(lastNames) + b }

func appendPairLastName(line []byte, i int) []byte {
	if i -= len(lastNames); i < 0 {
		return append(line, lastNames[i+len(lastNames)].name...)
	}
	line = append(line, lastNames[i/len(lastNames)].name...)
	line = append(line, '-')
	return append(line, lastNames[i%len(lastNames)].name...)
}

func appendPairName(line []byte, _, i int) []byte {
	line = append(line, firstNames[i/pairLastNames()].name...)
	line = append(line, ' ')
	return appendPairLastName(line, i%pairLastNames())
}

// appendPairAddress adds an address that no other person has; index 1 is the one that a person changes to. It does not hold the name, so that it is told by the number alone.
func appendPairAddress(line []byte, number, index int) []byte {
	name := mixer{uint64(number)}
	line = append(line, firstNames[name.below(len(firstNames))].ascii...)
	line = append(line, '.')
	line = append(line, lastNames[name.below(len(lastNames))].ascii...)
	line = strconv.AppendInt(line, int64(number)+1, 10)
	if index == 1 {
		return append(line, "@group.acme.example"...)
	}
	return append(line, "@acme.example"...)
}

// appendPadded adds n with eight digits.
func appendPadded(line []byte, n int) []byte {
	for place := 10_000_000; place > 1 && n < place; place /= 10 {
		line = append(line, '0')
	}
	return strconv.AppendInt(line, int64(n), 10)
}
