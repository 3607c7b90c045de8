package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// newMemberCommand is `rollcall member`.
func newMemberCommand() *cobra.Command {
	group := newGroup("member", "Look people up in the directory, as staff see it", newMemberSearchCommand(), newMemberShowCommand())
	return addEndpointsFlag(addJSONFlag(group))
}

func newMemberSearchCommand() *cobra.Command {
	var state string
	var limit int
	cmd := &cobra.Command{
		Use:   "search TENANT [QUERY]",
		Short: "List members, or those whose name, address or unique ID holds QUERY",
		Long: `List members by last name, or those whose name, address or unique ID holds QUERY. It is the staff's view: every state but deleted, unless --state says otherwise.
States: pending, invited, active, deactivated, deleted.`,
		Args: takes("TENANT", "[QUERY]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := postgres.MemberQuery{Limit: limit}
			if len(args) == 2 {
				q.Text = strings.TrimSpace(args[1])
			}
			if err := checkLimit(limit); err != nil {
				return err
			}
			if state != "" {
				var err error
				if q.State, err = directory.ParseState(state); err != nil {
					return asUsage(err)
				}
			}
			return withTenant(cmd, args[0], connect, func(c *connections, id tenant.ID) error { return searchMembers(cmd, c, id, q) })
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only members in this `STATE`")
	addLimitFlag(cmd, &limit)
	return cmd
}

func searchMembers(cmd *cobra.Command, c *connections, id tenant.ID, q postgres.MemberQuery) error {
	if _, err := c.db.Tenant(cmd.Context(), id); err != nil {
		return err
	}
	members, total, err := c.db.SearchMembers(cmd.Context(), id, q)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, memberSearchOf(members, total))
	}
	toldOf(cmd, len(members), total, "members")
	if len(members) == 0 {
		return nil
	}
	t := table{{"NAME", "EMAIL", "UNIQUE ID", "STATE", "RESTORABLE UNTIL"}}
	for _, m := range members {
		t.add(m.Value(roster.FirstName)+" "+m.Value(roster.LastName), m.Value(roster.Email), m.Value(roster.UniqueID), string(m.State), shortTime(m.DeletedUntil))
	}
	return t.write(cmd.OutOrStdout())
}

func newMemberShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show TENANT EMAIL|ID",
		Short: "Show one member, by address, unique ID or id",
		Args:  takes("TENANT", "EMAIL|ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], connect, func(c *connections, id tenant.ID) error { return showMember(cmd, c, id, args[1]) })
		},
	}
}

func showMember(cmd *cobra.Command, c *connections, id tenant.ID, who string) error {
	ctx := cmd.Context()
	if _, err := c.db.Tenant(ctx, id); err != nil {
		return err
	}
	m, err := c.db.Member(ctx, id, who)
	if err != nil {
		return absent(err, fmt.Sprintf("member of %s with that address, unique ID or id", id), fmt.Sprintf("rollcall member search %s PART looks for a part of a name", id))
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, memberShowJSON{SchemaVersion: schemaVersion, Member: memberOf(m)})
	}
	file, err := c.registrar.TenantFile(ctx, id, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), memberPage(m, file))
	return err
}

// memberPage tells a member: the mapped columns by their titles, then what else is known.
func memberPage(m directory.Member, file tenant.File) string {
	var b strings.Builder
	state := string(m.State)
	if m.Before != "" {
		state += ", " + string(m.Before) + " before"
	}
	if !m.DeletedUntil.IsZero() {
		state += ", can be restored until " + shortTime(m.DeletedUntil)
	}
	fmt.Fprintf(&b, "%s: %s\n\n", planview.Visible(m.Value(roster.FirstName)+" "+m.Value(roster.LastName)), state)
	rows := table{{"", "", ""}}
	fields := file.Mapping.Fields()
	for _, field := range fields {
		column, _ := file.Mapping.Column(field)
		rows.add(column.Title, m.Value(field), string(column.Visibility))
	}
	var others []roster.Field
	for field := range m.Values {
		if !slices.Contains(fields, field) {
			others = append(others, field)
		}
	}
	slices.Sort(others)
	for _, field := range others {
		rows.add(string(field), m.Value(field), "not mapped")
	}
	rows.add("id", m.ID, "")
	rows.add("brought by", string(m.Source), "")
	var text strings.Builder
	_ = rows.write(&text) // a builder takes everything
	b.WriteString(strings.TrimPrefix(text.String(), "\n"))
	return b.String()
}
