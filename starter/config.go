package main

import (
	"github.com/spf13/cobra"
)

// newConfigCommand is `rollcall config`.
func newConfigCommand() *cobra.Command {
	return addEndpointsFlag(addJSONFlag(newGroup("config", "Look at what commands work with", newConfigShowCommand())))
}

// configJSON is `config show`; see json.go for the rule of compatibility.
type configJSON struct {
	SchemaVersion int    `json:"schema_version"`
	Source        string `json:"source"` // an endpoints file, or "environment"
	Development   bool   `json:"development"`
	Database      string `json:"database"` // its password hidden
	Temporal      string `json:"temporal"`
	Namespace     string `json:"namespace"`
	SFTP          string `json:"sftp"`
	SMTP          string `json:"smtp"`
	Artifacts     string `json:"artifacts"`
}

func newConfigShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show which stack commands talk to, and who says so",
		Long:  "Show which stack commands talk to, and who says so. Passwords are hidden. Nothing is connected to.",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := findStack(cmd)
			if err != nil {
				return err
			}
			c := configJSON{
				SchemaVersion: schemaVersion, Source: s.source, Development: s.dev, Database: s.databaseShown(), Temporal: s.temporal, Namespace: s.namespace,
				SFTP: s.sftp, SMTP: s.smtp, Artifacts: s.artifacts,
			}
			if wantsJSON(cmd) {
				return printJSON(cmd, c)
			}
			for _, row := range [][2]string{
				{"source", c.Source}, {"database", c.Database}, {"temporal", c.Temporal}, {"namespace", c.Namespace}, {"sftp", c.SFTP}, {"smtp", c.SMTP}, {"artifacts", c.Artifacts},
			} {
				value := row[1]
				if value == "" {
					value = "(not said)"
				}
				printf(cmd, "%-10s %s", row[0], value)
			}
			return nil
		},
	}
}
