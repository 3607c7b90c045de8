package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"

	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/registrar"
)

// newDoctorCommand is `rollcall doctor`.
func newDoctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check each part of the stack, and say what to do about those that fail",
		Long: `Check each part of the stack: database, schema, Temporal, namespace, search attributes, a worker on every queue, SFTP, SMTP, artifacts. One line each.

Exit code 0 where all is well, 69 where a part does not answer, 1 where one answers and is not as it should be.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := findStack(cmd)
			if err != nil {
				return err
			}
			return examine(cmd, s)
		},
	}
	return addEndpointsFlag(addJSONFlag(cmd))
}

// A finding is what was found of one part.
type finding struct {
	part  string
	says  string // where nothing is wrong
	err   error
	hint  string // what to do about err
	blind bool   // not looked at: nobody says where the part is
}

// doctorJSON is `doctor`; see json.go for the rule of compatibility.
type doctorJSON struct {
	SchemaVersion int         `json:"schema_version"`
	OK            bool        `json:"ok"`
	Parts         []partsJSON `json:"parts"`
}

type partsJSON struct {
	Part    string `json:"part"`
	State   string `json:"state"` // ok, failed, not_checked
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func examine(cmd *cobra.Command, s stack) error {
	ctx := cmd.Context()
	var found []finding
	found = append(found, s.examineDatabase(ctx)...)
	found = append(found, s.examineTemporal(ctx)...)
	found = append(found, s.examineBanner(ctx, "sftp", s.sftp, "SSH-2.0-"), s.examineBanner(ctx, "smtp", s.smtp, "220"), s.examineArtifacts())
	code := exitDone
	report := doctorJSON{SchemaVersion: schemaVersion, OK: true, Parts: []partsJSON{}}
	for _, f := range found {
		report.Parts = append(report.Parts, f.json())
		switch {
		case f.err == nil:
			continue
		case translate(f.err).code == exitUnreachable:
			code = exitUnreachable
		default:
			code = max(code, exitFailed)
		}
		report.OK = false
	}
	if wantsJSON(cmd) {
		if err := printJSON(cmd, report); err != nil {
			return err
		}
		return exitWith(code)
	}
	for _, p := range report.Parts {
		printf(cmd, "%-7s %-18s %s", map[string]string{"ok": "ok", "failed": "FAILED", "not_checked": "-"}[p.State], p.Part, p.Message)
		if p.Hint != "" {
			printf(cmd, "%-7s %-18s hint: %s", "", "", p.Hint)
		}
	}
	return exitWith(code)
}

func (f finding) json() partsJSON {
	switch {
	case f.blind:
		return partsJSON{Part: f.part, State: "not_checked", Message: f.says}
	case f.err != nil:
		hint := f.hint
		if hints := translate(f.err).hints; hint == "" && len(hints) > 0 {
			hint = hints[0]
		}
		return partsJSON{Part: f.part, State: "failed", Message: f.err.Error(), Hint: hint}
	}
	return partsJSON{Part: f.part, State: "ok", Message: f.says}
}

func (s stack) examineDatabase(ctx context.Context) []finding {
	if s.database == "" {
		return []finding{{part: "database", err: fail(exitUnreachable, "no database is named in %s", s.source)}}
	}
	ctx, cancel := context.WithTimeout(ctx, reachPatience)
	defer cancel()
	has, wants, err := postgres.SchemaVersions(ctx, s.database)
	if err != nil {
		return []finding{{part: "database", err: s.unreachable("the database", s.databaseHost(), err), hint: s.startHint("the database")}}
	}
	found := []finding{{part: "database", says: s.databaseHost() + " answers"}}
	schema := finding{part: "schema", says: fmt.Sprintf("version %d, that of this program", has)}
	switch {
	case has < wants:
		schema.err, schema.hint = fmt.Errorf("version %d is behind this program's %d", has, wants), "rollcall migrate brings it up to date"
	case has > wants:
		schema.err, schema.hint = fmt.Errorf("version %d is ahead of this program's %d", has, wants), "use the release that migrated it, or a newer one"
	}
	return append(found, schema)
}

func (s stack) examineTemporal(ctx context.Context) []finding {
	temporal, err := s.dialTemporal(ctx)
	if err != nil {
		return []finding{{part: "temporal", err: err, hint: s.startHint("Temporal")}}
	}
	defer temporal.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*reachPatience)
	defer cancel()
	found := []finding{{part: "temporal", says: s.temporal + " answers"}}
	absent, err := registrar.AbsentSearchAttributes(ctx, temporal, s.namespace)
	if _, missing := errors.AsType[*serviceerror.NamespaceNotFound](err); missing {
		return append(found, finding{
			part: "namespace", err: fmt.Errorf("there is no namespace %s", s.namespace), hint: "temporal operator namespace create --namespace " + s.namespace,
		})
	}
	attributes := finding{part: "search attributes", says: "registered in namespace " + s.namespace, err: err}
	if len(absent) > 0 {
		attributes.err, attributes.hint = fmt.Errorf("namespace %s lacks %d of them", s.namespace, len(absent)), "rollcall migrate registers them"
	}
	worker := finding{part: "worker", says: "polls every queue"}
	unpolled, err := registrar.Unpolled(ctx, temporal)
	switch {
	case err != nil:
		worker.err = err
	case len(unpolled) > 0:
		worker.err, worker.hint = fmt.Errorf("nobody polls %s", strings.Join(unpolled, ", ")), s.startHint("rollcall-worker")
	}
	return append(found, attributes, worker)
}

// startHint says how a part is started.
func (s stack) startHint(part string) string {
	if s.dev {
		return "rollcall dev starts it, and starts it again when it dies"
	}
	return "start " + part
}

// examineBanner asks a server for the first line that its protocol promises.
func (s stack) examineBanner(ctx context.Context, part, address, banner string) finding {
	if address == "" {
		return finding{part: part, blind: true, says: "not looked at: " + s.source + " does not say where it is"}
	}
	dialer := net.Dialer{Timeout: reachPatience}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return finding{part: part, err: s.unreachable(part, address, err), hint: s.startHint("it")}
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(reachPatience)) // of a connection that is open, it can be set
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return finding{part: part, err: s.unreachable(part, address, err), hint: s.startHint("it")}
	}
	if !strings.HasPrefix(line, banner) {
		return finding{part: part, err: fmt.Errorf("what answers at %s does not speak the protocol", address), hint: "another program has that port"}
	}
	return finding{part: part, says: address + " answers"}
}

func (s stack) examineArtifacts() finding {
	f := finding{part: "artifacts"}
	if s.artifacts == "" {
		f.blind, f.says = true, "not looked at: "+s.source+" does not say where they are"
		return f
	}
	info, err := os.Stat(s.artifacts)
	switch {
	case errors.Is(err, os.ErrNotExist):
		f.err, f.hint = fmt.Errorf("there is no folder %s on this machine", s.artifacts), "the first upload makes it; elsewhere, mount it"
	case err != nil:
		f.err = unreadable(s.artifacts, err)
	case !info.IsDir():
		f.err = fmt.Errorf("%s is no folder", s.artifacts)
	default:
		f.says = s.artifacts
	}
	return f
}
