package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/filediff"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant/tenantfile"
)

// A diffBench is two rosters, a month apart, and the tenant's file, in a folder of its own.
type diffBench struct {
	dir, old, new, tenant string
	month                 rostergen.Month
}

func newDiffBench(t *testing.T, people int, delta rostergen.Delta) diffBench {
	t.Helper()
	dir := t.TempDir()
	b := diffBench{dir: dir, old: filepath.Join(dir, "old 01.01.2025.csv"), new: filepath.Join(dir, "new 01.31.2025.csv"), tenant: filepath.Join(dir, "acme.yaml")}
	company := rostergen.New(3, people)
	writeRoster(t, company, b.old)
	b.month = company.Next(delta)
	writeRoster(t, company, b.new)
	agreed := "version: 1\ntenant: acme\nname: Acme Corp\nupload: {source: hosted, cadence: monthly, due: {day: 1, time: \"06:00\"}, zone: America/Toronto}\nfields:\n"
	for _, c := range rostergen.Columns() {
		agreed += fmt.Sprintf("  - {column: %s, to: %s}\n", c.Title, c.Field)
	}
	if err := os.WriteFile(b.tenant, []byte(agreed), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

func writeRoster(t *testing.T, company *rostergen.Company, path string) {
	t.Helper()
	var text bytes.Buffer
	if err := errors.Join(company.WriteCSV(&text), os.WriteFile(path, text.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// run runs `rollcall diff` and returns what it wrote.
func (b diffBench) run(t *testing.T, flags ...string) (stdout, stderr string) {
	t.Helper()
	var out, prose bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&prose)
	root.SetArgs(append([]string{"diff", b.old, b.new, "--tenant-file", b.tenant}, flags...))
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String(), prose.String()
}

// diffDocument is the document that `diff --json` promises.
type diffDocument struct {
	SchemaVersion int              `json:"schema_version"`
	ChangeSet     changeset.Digest `json:"changeset"`
	OldRows       int              `json:"old_rows"`
	NewRows       int              `json:"new_rows"`
	Totals        map[string]int   `json:"totals"`
	Fields        map[string]int   `json:"fields"`
	Checks        []checkJSON      `json:"checks"`
	Changes       []changeJSON     `json:"changes"`
}

func decodeDiff(t *testing.T, text string) diffDocument {
	t.Helper()
	var d diffDocument
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%v in a document of %d bytes", err, len(text))
	}
	return d
}

var aMonth = rostergen.Delta{Joiners: 40, Leavers: 30, Changed: 500, OnLeave: 20, BackFromLeave: 10, NewAddress: 5}

func TestDiffJSON(t *testing.T) {
	t.Parallel()
	b := newDiffBench(t, 4000, aMonth)
	text, prose := b.run(t, "--json", "--limit", "0")
	all := decodeDiff(t, text)
	want := map[string]int{"create": 40, "update": 505, "delete": 30, "deactivate": 20, "reactivate": 10, "restore": 0, "set_aside": 0}
	want["unchanged"] = 4000 - 505 - 30 - 20 - 10
	if diff := cmp.Diff(all.Totals, want); diff != "" {
		t.Errorf("totals (-got +want):\n%s", diff)
	}
	if all.SchemaVersion != 1 || !all.ChangeSet.Valid() || all.OldRows != 4000 || all.NewRows != 4010 || all.Fields["email"] != 5 || len(all.Checks) == 0 || len(all.Changes) != 605 || prose != "" {
		t.Errorf("version %d, change set %q, rows %d and %d, %d addresses, %d checks, %d changes, and on stderr %q",
			all.SchemaVersion, all.ChangeSet, all.OldRows, all.NewRows, all.Fields["email"], len(all.Checks), len(all.Changes), prose)
	}
	if again, _ := b.run(t, "--json", "--limit", "0", "--memory", "1"); again != text {
		t.Error("in less memory the document is another one")
	}
	// Written change by change, it is what the encoder makes of the whole.
	var whole any
	if err := json.Unmarshal([]byte(text), &whole); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(text, "\n"); lines != strings.Count(indented(t, whole), "\n") {
		t.Errorf("%d lines, which is not what the whole has", lines)
	}
	for limit, listed := range map[int]int{1: 1, 604: 604, 605: 605, 606: 605} {
		text, _ := b.run(t, "--json", "--limit", strconv.Itoa(limit))
		some := decodeDiff(t, text)
		if diff := cmp.Diff(some.Changes, all.Changes[:listed]); diff != "" || some.ChangeSet != all.ChangeSet {
			t.Errorf("--limit %d lists %d changes of %q (-got +want):\n%s", limit, len(some.Changes), some.ChangeSet, diff)
		}
	}
	text, _ = b.run(t, "--json")
	if got := len(decodeDiff(t, text).Changes); got != 605 {
		t.Errorf("without --limit, %d changes are listed", got)
	}
}

func indented(t *testing.T, v any) string {
	t.Helper()
	text, err := indentedJSON(v, "")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The files that --out writes hold every change, whatever --limit says, and each what the other does.
func TestDiffOut(t *testing.T) {
	t.Parallel()
	b := newDiffBench(t, 4000, aMonth)
	arrow, table := filepath.Join(b.dir, "changes.arrow"), filepath.Join(b.dir, "changes.csv")
	listed, _ := b.run(t, "--limit", "3", "--out", arrow)
	document, _ := b.run(t, "--limit", "0", "--out", table, "--json")
	if got := strings.Count(listed[strings.LastIndex(listed, "\n\n")+2:], "\n"); got != 3 {
		t.Errorf("with --limit 3, %d people are told", got)
	}
	all := readArrow(t, arrow)
	digester := changeset.NewDigester(digestOf(t, document, "new"), rulesOf(t, b.tenant))
	for _, c := range all {
		digester.Add(c)
	}
	if got, want := digester.Digest(), decodeDiff(t, document).ChangeSet; got != want {
		t.Errorf("the Arrow file's changes have the digest %s, want %s", got, want)
	}
	if diff := cmp.Diff(changesOf(all), decodeDiff(t, document).Changes); diff != "" {
		t.Errorf("Arrow and JSON (-arrow +json):\n%s", diff)
	}
	var lines [][]string
	for _, c := range all {
		lines = append(lines, linesOf(c)...)
	}
	if diff := cmp.Diff(readTable(t, table), lines); diff != "" {
		t.Errorf("CSV and Arrow (-csv +arrow):\n%s", diff)
	}
	if entries, err := os.ReadDir(b.dir); err != nil || len(entries) != 5 {
		t.Errorf("%d files are there, want the three that were and the two that were written: %v", len(entries), err)
	}
}

func readArrow(t *testing.T, path string) []changeset.Change {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	var all []changeset.Change
	for c, err := range batch.ReadChangeSet(bytes.NewReader(text), int64(len(text)), alloc) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// digestOf is the sha256 of the file of a side, as the document tells it.
func digestOf(t *testing.T, document, side string) string {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		t.Fatal(err)
	}
	return d[side].(map[string]any)["sha256"].(string)
}

// rulesOf is the digest of the rules of a tenant's file.
func rulesOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	agreed, err := tenantfile.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return agreed.RulesDigest()
}

func readTable(t *testing.T, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines[0], []string{"op", "row", "unique_id", "email", "field", "before", "after"}); diff != "" {
		t.Errorf("header (-got +want):\n%s", diff)
	}
	return lines[1:]
}

func linesOf(c changeset.Change) [][]string {
	row := strconv.Itoa(c.Row)
	if c.Row == 0 {
		row = ""
	}
	if len(c.Fields) == 0 {
		return [][]string{{string(c.Op), row, c.UniqueID, c.Email, "", "", ""}}
	}
	var lines [][]string
	for _, f := range c.Fields {
		lines = append(lines, []string{string(c.Op), row, c.UniqueID, c.Email, string(f.Field), f.Before, f.After})
	}
	return lines
}

// Everybody who leaves is told by the name that the old file has, also where there are more changes than are told together.
func TestDiffNames(t *testing.T) {
	t.Parallel()
	b := newDiffBench(t, 1000, rostergen.Delta{Leavers: 300})
	text, prose := b.run(t, "--limit", "0")
	for _, p := range b.month.Leavers {
		line := fmt.Sprintf("\n- %s %s <%s> ", p.Value(roster.FirstName), p.Value(roster.LastName), p.Value(roster.Email))
		if !strings.Contains(text, line) {
			t.Fatal("somebody who left is not told by name")
		}
	}
	if strings.Count(text, "\n- ") != 300 || prose != "" {
		t.Errorf("%d people are told, and on stderr %q", strings.Count(text, "\n- "), prose)
	}
}

func TestFirstChanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		changes, limit int
		want           []int
	}{
		{0, 0, nil}, {3, 0, []int{3}}, {3, 2, []int{2}}, {3, 3, []int{3}}, {3, 9, []int{3}},
		{togetherChanges, 0, []int{togetherChanges}}, {togetherChanges + 1, 0, []int{togetherChanges, 1}}, {3 * togetherChanges, togetherChanges + 5, []int{togetherChanges, 5}},
	} {
		var got []int
		row := 0
		for some, err := range firstChanges(made(test.changes, nil), test.limit) {
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range some {
				if row++; c.Row != row {
					t.Fatalf("change %d comes as number %d", c.Row, row)
				}
			}
			got = append(got, len(some))
		}
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%d changes, limit %d (-got +want):\n%s", test.changes, test.limit, diff)
		}
	}
	for some, err := range firstChanges(made(2, io.ErrUnexpectedEOF), 0) {
		if !errors.Is(err, io.ErrUnexpectedEOF) || some != nil {
			t.Errorf("an error yields %v with %d changes", err, len(some))
		}
	}
}

// made yields changes numbered from 1, and then the error if there is one.
func made(n int, err error) func(yield func(changeset.Change, error) bool) {
	return func(yield func(changeset.Change, error) bool) {
		for i := range n {
			if !yield(changeset.Change{Row: i + 1}, nil) {
				return
			}
		}
		if err != nil {
			yield(changeset.Change{}, err)
		}
	}
}

// Ctrl-C ends it also while it waits for a pipe of which nothing comes, and leaves nothing of what it was to write.
func TestDiffInterrupted(t *testing.T) {
	t.Parallel()
	b := newDiffBench(t, 100, rostergen.Delta{})
	ctx, interrupt := context.WithCancel(t.Context())
	silent, writer := io.Pipe()
	defer writer.Close()
	root := newRoot()
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	root.SetIn(silent)
	root.SetArgs([]string{"diff", b.old, "-", "--tenant-file", b.tenant, "--out", filepath.Join(b.dir, "changes.csv")})
	ended := make(chan error)
	go func() { ended <- root.ExecuteContext(ctx) }()
	if _, err := io.WriteString(writer, "First Name,"); err != nil { // it reads, and waits for the rest
		t.Fatal(err)
	}
	interrupt()
	select {
	case err := <-ended:
		if code := conclude(ctx, io.Discard, err); code != exitInterrupted {
			t.Errorf("exit code %d (%v), want %d", code, err, exitInterrupted)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it goes on waiting")
	}
	if entries, err := os.ReadDir(b.dir); err != nil || len(entries) != 3 {
		t.Errorf("%d files are there, want the three that were: %v", len(entries), err)
	}
}

// A file that is still being written is no file to compare, wherever the comparison is when it grows: here the old one, while the new one comes through a pipe.
func TestDiffOfAFileThatGrows(t *testing.T) {
	t.Parallel()
	b := newDiffBench(t, 100, rostergen.Delta{})
	text, err := os.ReadFile(b.new)
	if err != nil {
		t.Fatal(err)
	}
	in, writer := io.Pipe()
	root := newRoot()
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	root.SetIn(in)
	root.SetArgs([]string{"diff", b.old, "-", "--tenant-file", b.tenant})
	ended := make(chan error)
	go func() { ended <- root.ExecuteContext(t.Context()) }()
	if _, err := writer.Write(text[:100]); err != nil { // the old one is open by then
		t.Fatal(err)
	}
	old, err := os.OpenFile(b.old, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.WriteString("one more\n"); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = writer.Write(text[100:])
	if err := errors.Join(err, writer.Close()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, filediff.ErrChanged) || !strings.Contains(err.Error(), "the old file") {
		t.Errorf("a file that grew came to %v, want %v", err, filediff.ErrChanged)
	}
}
