package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

// customer is how the story's file names call the customer.
const customer = "Acme Corp"

// demoImport is what the demo reads of an import's JSON.
type demoImport struct {
	Import     string           `json:"import"`
	WorkflowID string           `json:"workflow_id"`
	Phase      contract.Phase   `json:"phase"`
	Outcome    contract.Outcome `json:"outcome"`
	File       string           `json:"file"`
	ChangeSet  string           `json:"changeset"`
	Totals     changeset.Totals `json:"totals"`
	Checks     []approval.Check `json:"checks"` // of `import show` alone
}

// expect checks where an import stands.
func (i demoImport) expect(phase contract.Phase, outcome contract.Outcome) error {
	if i.Phase != phase || i.Outcome != outcome {
		return fmt.Errorf("import %s should be %s %s and is %s %s", i.Import, phase, outcome, i.Phase, i.Outcome)
	}
	return nil
}

// exportRoster writes the company's roster of the day and returns the file's name.
func (s *story) exportRoster() (string, error) {
	var content bytes.Buffer
	if err := s.company.WriteCSV(&content); err != nil {
		return "", err
	}
	return s.exported(0, content.Bytes())
}

// exportHeader writes a roster that ends after its header.
func (s *story) exportHeader() (string, error) {
	var content bytes.Buffer
	if err := s.company.WriteCSV(&content); err != nil {
		return "", err
	}
	header, _, _ := bytes.Cut(content.Bytes(), []byte("\n"))
	return s.exported(30, append(slices.Clone(header), '\n'))
}

// exportWithoutEmail writes the roster without its column of addresses.
func (s *story) exportWithoutEmail() (string, error) {
	var content, without bytes.Buffer
	if err := s.company.WriteCSV(&content); err != nil {
		return "", err
	}
	records, err := csv.NewReader(&content).ReadAll()
	if err != nil {
		return "", fmt.Errorf("read roster of the demo: %w", err)
	}
	email := slices.IndexFunc(rostergen.Columns(), func(c rostergen.Column) bool { return c.Field == roster.Email })
	for i := range records {
		records[i] = slices.Delete(records[i], email, email+1)
	}
	if err := csv.NewWriter(&without).WriteAll(records); err != nil {
		return "", fmt.Errorf("write roster of the demo: %w", err)
	}
	return s.exported(31, without.Bytes())
}

// exported writes a file under the name that the guide gives it, so many days after the company's day.
func (s *story) exported(days int, content []byte) (string, error) {
	name := rostergen.FileName(customer, s.company.Date().AddDate(0, 0, days))
	return name, s.write(name, content)
}

// sftp runs the lines of a batch file with OpenSSH's sftp.
func (s *story) sftp(ctx context.Context, name, batch string) error {
	if err := s.write(name, []byte(batch)); err != nil {
		return err
	}
	_, err := s.show(ctx, "sftp", "-F", "ssh_config", "-b", name, "acme")
	return err
}

// deliver uploads a file and waits until its import needs somebody, or has ended.
func (s *story) deliver(ctx context.Context, file string) (demoImport, error) {
	if err := s.upload(ctx, file); err != nil {
		return demoImport{}, err
	}
	return s.awaitImport(ctx, file)
}

// upload puts a file where the customer puts it.
func (s *story) upload(ctx context.Context, file string) error {
	return s.sftp(ctx, "upload.batch", fmt.Sprintf("put %q\n", file))
}

// failedWith reports whether err is a command's exit with the code.
func failedWith(err error, code int) bool {
	failed, ok := errors.AsType[*exec.ExitError](err)
	return ok && failed.ExitCode() == code
}

// importPatience is how long an import may take until it waits or ends; it takes seconds.
const importPatience = 2 * time.Minute

func (s *story) awaitImport(ctx context.Context, file string) (demoImport, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, importPatience, fmt.Errorf("no import of the file just uploaded came to a decision or an end within %s", importPatience))
	defer cancel()
	for {
		var list struct {
			Imports []demoImport `json:"imports"`
		}
		if err := s.readJSON(ctx, &list, "rollcall", "import", "list", "--tenant", "acme", "--json"); err != nil {
			return demoImport{}, err
		}
		for _, imp := range list.Imports {
			if imp.File == file && (imp.Phase == contract.AwaitingDecision || imp.Phase == contract.Closed) {
				return imp, nil
			}
		}
		select {
		case <-ctx.Done():
			return demoImport{}, context.Cause(ctx)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// look returns an import as it stands now.
func (s *story) look(ctx context.Context, imp demoImport) (now demoImport, err error) {
	err = s.readJSON(ctx, &now, "rollcall", "import", "show", imp.Import, "--json")
	return now, err
}

// readJSON runs a command without showing it and decodes what it prints.
func (s *story) readJSON(ctx context.Context, into any, args ...string) error {
	output, err := s.read(ctx, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(output, into); err != nil {
		return fmt.Errorf("decode output of %s %s: %w", args[0], args[1], err)
	}
	return nil
}
