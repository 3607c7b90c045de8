package main

import (
	"errors"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// newRoot is `rollcall` with all its commands.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "Turn customers' roster files into reviewed, reversible changes of a member directory",
		Long: `Rollcall turns the roster files that customers upload by SFTP into reviewed, reversible changes of a member directory.

Try it:  rollcall demo     the whole story on a stack of its own
         rollcall dev      the stack, until Ctrl-C`,
		Args:                  noCommand,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:         true, // conclude tells them
		SilenceUsage:          true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%s", flagMistake(err)).hint("%s --help lists what it takes", cmd.CommandPath())
	})
	addGroup(root, "start", "Start here:", newDemoCommand(), newDevCommand())
	addGroup(root, "work", "Customers and their files:", newTenantCommand(), newKeyCommand(), newImportCommand(), newMemberCommand(), newMailCommand(), newCheckCommand(), newDiffCommand(), newMappingCommand())
	addGroup(root, "operate", "Operation:", newServeCommand(), newMigrateCommand(), newDoctorCommand(), newConfigCommand(), newVersionCommand())
	root.SetHelpCommandGroupID("operate")
	root.SetCompletionCommandGroupID("operate")
	usageErrors(root)
	return root
}

// flagMistake tells in one line what is wrong with a flag: of a value that is no number, what is needed, and not which function could not read it.
func flagMistake(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", " ")
	unread, ok := errors.AsType[*strconv.NumError](err)
	if !ok {
		return text
	}
	needed := "a whole number is needed"
	switch {
	case unread.Func == "ParseBool":
		needed = "true or false is needed"
	case errors.Is(unread, strconv.ErrRange):
		needed = "a smaller whole number is needed"
	}
	return strings.ReplaceAll(text, unread.Error(), needed)
}

func addGroup(root *cobra.Command, id, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: id, Title: title})
	for _, c := range commands {
		c.GroupID = id
		root.AddCommand(c)
	}
}

// newGroup is a command that only holds others.
func newGroup(name, short string, commands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{Use: name, DisableFlagsInUseLine: true, Short: short, Args: noCommand, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	group.SuggestionsMinimumDistance = 2
	group.AddCommand(commands...)
	return group
}

// noCommand is the Args of a command that holds others: an argument is a command that does not exist.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	f := usage("%s has no command %q", cmd.CommandPath(), args[0])
	if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
		return f.hint("did you mean %s %s?", cmd.CommandPath(), strings.Join(similar, ", or "))
	}
	return f.hint("%s --help lists its commands", cmd.CommandPath())
}

// takes returns an Args that asks for exactly the named arguments; a name in brackets may be left out.
func takes(names ...string) cobra.PositionalArgs {
	least := 0
	for _, name := range names {
		if !strings.HasPrefix(name, "[") {
			least++
		}
	}
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage("%s needs %s", cmd.CommandPath(), strings.Join(names, " ")).hint("%s --help tells what each is", cmd.CommandPath())
		case len(args) > len(names):
			return usage("%s takes %s, and %q is one too many", cmd.CommandPath(), orNothing(names), args[len(names)]).hint("quote what has spaces in it")
		}
		return nil
	}
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "no arguments"
	}
	return strings.Join(names, " ")
}

// usageErrors makes whatever a command says about its arguments a usage error.
func usageErrors(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error { return asUsage(check(cmd, args)) }
	}
	for _, c := range cmd.Commands() {
		usageErrors(c)
	}
}

// versionJSON is `version`; see json.go for the rule of compatibility.
type versionJSON struct {
	SchemaVersion int    `json:"schema_version"`
	Version       string `json:"version"` // of the module; "(devel)" where it was built from a work tree
	Commit        string `json:"commit"`
	Go            string `json:"go"`
}

// newVersionCommand is `rollcall version`.
func newVersionCommand() *cobra.Command {
	return addJSONFlag(&cobra.Command{
		Use:   "version",
		Short: "Print what was built from what",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := version()
			if wantsJSON(cmd) {
				return printJSON(cmd, v)
			}
			printf(cmd, "%s", strings.Join(strings.Fields("rollcall "+v.Version+" "+v.Commit+" "+v.Go), " "))
			return nil
		},
	})
}

// version is what the build knows of itself.
func version() versionJSON {
	v := versionJSON{SchemaVersion: schemaVersion}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version, v.Go = info.Main.Version, info.GoVersion
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Commit = s.Value
		}
	}
	return v
}
