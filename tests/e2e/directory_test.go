package e2e

import (
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

// A member is a person as the directory has them.
type member struct {
	State  string
	Values map[roster.Field]string // only those that have one
}

// directory reads every member who is not deleted, by unique ID.
func (c *customer) directory() map[string]member {
	c.t.Helper()
	members := map[string]member{}
	c.rows(func(tx pgx.Tx) error {
		clear(members)
		r, err := tx.Query(c.t.Context(), `
			SELECT state, unique_id, email, first_name, last_name, locale, status, eligibility, profile FROM member WHERE state <> 'deleted'`)
		if err != nil {
			return err
		}
		var state, id, email, first, last, locale, status, eligibility string
		var profile map[roster.Field]string
		_, err = pgx.ForEachRow(r, []any{&state, &id, &email, &first, &last, &locale, &status, &eligibility, &profile}, func() error {
			values := map[roster.Field]string{
				roster.UniqueID: id, roster.Email: email, roster.FirstName: first, roster.LastName: last, roster.Locale: locale, roster.Status: status,
				roster.ProgramEligibility: eligibility,
			}
			maps.Copy(values, profile)
			members[id], profile = member{State: state, Values: values}, nil
			return nil
		})
		return err
	})
	return members
}

// expected is what the directory should be once the company's roster was applied whole.
func (c *customer) expected() map[string]member {
	members := map[string]member{}
	for _, p := range c.company.People() {
		m := member{State: "pending", Values: map[roster.Field]string{}}
		for _, column := range rostergen.Columns() {
			if v := p.Value(column.Field); v != "" {
				m.Values[column.Field] = v
			}
		}
		id := p.Value(roster.UniqueID)
		switch {
		case p.Value(roster.Status) == roster.StatusInactive:
			m.State = "deactivated"
		case c.invited[id].to != "":
			m.State = "invited"
		}
		members[id] = m
	}
	return members
}

// deleted are the unique IDs of the members who are deleted and can be restored for 30 days.
func (c *customer) deleted() []string {
	c.t.Helper()
	var ids []string
	c.rows(func(tx pgx.Tx) error {
		r, err := tx.Query(c.t.Context(), `SELECT unique_id FROM member WHERE state = 'deleted' AND deleted_until - deleted_at = '30 days' ORDER BY unique_id`)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(r, pgx.RowTo[string])
		return err
	})
	return ids
}

// check holds directory and mails to the company as it is now: the last roster was applied whole.
func (c *customer) check() {
	c.t.Helper()
	c.invite()
	c.checkDirectory(c.expected())
	c.checkMails()
}

// checkDirectory compares every member in every field, and shows the first few who differ.
func (c *customer) checkDirectory(want map[string]member) {
	c.t.Helper()
	got := c.directory()
	ids := slices.Sorted(maps.Keys(want))
	for id := range got {
		if _, ok := want[id]; !ok {
			ids = append(ids, id)
		}
	}
	wrong := 0
	for _, id := range ids {
		if diff := cmp.Diff(want[id], got[id]); diff != "" {
			if wrong++; wrong <= 3 {
				c.t.Errorf("member %s (-want +got):\n%s", id, diff)
			}
		}
	}
	if wrong > 0 {
		c.t.Errorf("%d of %d members are wrong", wrong, len(ids))
	}
}
