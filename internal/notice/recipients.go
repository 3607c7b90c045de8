package notice

import (
	"slices"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// CustomerIT returns who of the contacts hears about files: the technical ones, else the project managers, else the program owners; each address once.
func CustomerIT(contacts []tenant.Contact) []Recipient {
	for _, roles := range [][]tenant.Role{{tenant.TechnicalSFTP, tenant.TechnicalHRIS}, {tenant.ProjectManager}, {tenant.ProgramOwner}} {
		if found := with(contacts, roles...); len(found) > 0 {
			return found
		}
	}
	return nil
}

// Managers returns the customer success managers among the contacts, each address once.
func Managers(contacts []tenant.Contact) []Recipient { return with(contacts, tenant.CSM) }

// with returns the contacts that have one of the roles, in the order of the roles.
func with(contacts []tenant.Contact, roles ...tenant.Role) (found []Recipient) {
	for _, role := range roles {
		for _, c := range contacts {
			if c.Role == role {
				found = add(found, Recipient{Role: c.Role, Name: visible(c.Name), Email: c.Email, Locale: language(c.Locale)})
			}
		}
	}
	return found
}

// add adds those whose address is not there yet.
func add(list []Recipient, more ...Recipient) []Recipient {
	for _, r := range more {
		if !slices.ContainsFunc(list, func(o Recipient) bool { return roster.FoldEmail(o.Email) == roster.FoldEmail(r.Email) }) {
			list = append(list, r)
		}
	}
	return list
}

// language is the locale that a contact is written to in.
func language(locale string) string {
	if locale == roster.FrCA {
		return roster.FrCA
	}
	return roster.EnUS
}
