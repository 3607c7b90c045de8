package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/registrar"
)

// newMigrateCommand is `rollcall migrate`.
func newMigrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring database and Temporal to what this program needs",
		Long: `Bring the database to this program's schema, and register the search attributes in the Temporal namespace. It may be run again at any time, also by several at once.

The database's login needs the right to make tables, and once the right to make the role rollcall_app.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := findStack(cmd)
			if err != nil {
				return err
			}
			return migrate(cmd, s)
		},
	}
	return addEndpointsFlag(addJSONFlag(cmd))
}

// migratedJSON is `migrate`; see json.go for the rule of compatibility.
type migratedJSON struct {
	SchemaVersion    int  `json:"schema_version"`
	Migrations       int  `json:"migrations"`        // that ran
	SearchAttributes bool `json:"search_attributes"` // all of them are registered
}

func migrate(cmd *cobra.Command, s stack) error {
	ctx := cmd.Context()
	if err := s.pingDatabase(ctx); err != nil {
		return err
	}
	ran, err := postgres.Migrate(ctx, s.database)
	if err != nil {
		return err
	}
	if !wantsJSON(cmd) {
		printf(cmd, "database: %s", migrated(ran))
	}
	temporal, err := s.dialTemporal(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	if err := registrar.EnsureSearchAttributes(ctx, temporal, s.namespace); err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, migratedJSON{SchemaVersion: schemaVersion, Migrations: ran, SearchAttributes: true})
	}
	printf(cmd, "temporal: search attributes of namespace %s are registered", s.namespace)
	return nil
}

func migrated(ran int) string {
	switch ran {
	case 0:
		return "its schema is that of this program already"
	case 1:
		return "1 migration ran"
	}
	return fmt.Sprintf("%d migrations ran", ran)
}

// pingDatabase asks the database whether it is there, without regard to its schema, which a first migration makes.
func (s stack) pingDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachPatience)
	defer cancel()
	if s.database == "" {
		return fail(exitUnreachable, "no database is named in %s", s.source)
	}
	if _, _, err := postgres.SchemaVersions(ctx, s.database); err != nil {
		return s.unreachable("the database", s.databaseHost(), err)
	}
	return nil
}
