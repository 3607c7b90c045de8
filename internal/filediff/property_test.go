package filediff_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/diff/difftest"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/filediff"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// Two rosters as maps from unique ID to status and city, "" where the file says nothing: the model is a look into both.
func TestCompareEqualsMaps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		person := rapid.Custom(func(t *rapid.T) [2]string {
			return [2]string{rapid.SampledFrom([]string{"active", "active", "inactive", ""}).Draw(t, "status"), rapid.SampledFrom([]string{"Bern", "Oslo", ""}).Draw(t, "city")}
		})
		people := rapid.MapOfN(rapid.IntRange(1, 12), person, 1, 9)
		old, new := people.Draw(t, "old"), people.Draw(t, "new")
		r := compare(t, dir, written(t, old), written(t, new), filediff.Options{Tenant: usual()})
		got := map[int]string{}
		for _, c := range r.changes {
			id := 0
			_, _ = fmt.Sscanf(c.UniqueID, "%d", &id)
			got[id] = strings.TrimPrefix(inShort([]changeset.Change{c})[0], string(c.Op)+" "+c.Email)
			got[id] = string(c.Op) + map[bool]string{true: got[id]}[c.Op != changeset.Create]
		}
		if diff := cmp.Diff(got, modelled(old, new)); diff != "" {
			t.Fatalf("changes by unique ID (-got +want):\n%s", diff)
		}
	})
}

// written is a roster's file, in any order.
func written(t *rapid.T, people map[int][2]string) string {
	var lines []string
	for id, p := range people {
		lines = append(lines, fmt.Sprintf("First,Last,p%d@x.example,%d,%s,%s\n", id, id, p[0], p[1]))
	}
	slices.Sort(lines)
	return header + strings.Join(rapid.Permutation(lines).Draw(t, "order"), "")
}

func modelled(old, new map[int][2]string) map[int]string {
	want := map[int]string{}
	for id := range old {
		if _, stays := new[id]; !stays {
			want[id] = "delete"
		}
	}
	for id, after := range new {
		before, known := old[id]
		if !known {
			want[id] = "create"
			continue
		}
		if before[0] != "active" {
			before[0] = "inactive" // nobody is active of whom the file did not say so
		}
		if after[0] == "" {
			after[0] = before[0] // a status is never cleared
		}
		op, fields := "update", ""
		if after[0] != before[0] {
			op = map[string]string{"active": "reactivate", "inactive": "deactivate"}[after[0]]
			fields += " status:" + before[0] + "→" + after[0]
		}
		if after[1] != before[1] {
			fields += " city:" + before[1] + "→" + after[1]
		}
		if fields != "" {
			want[id] = op + fields
		}
	}
	return want
}

// What is told of two files is what an import of the new one plans after an import of the old one into an empty directory was planned and applied, to the digest: for any rules, damage and
// mix-up of people.
func TestCompareEqualsTwoImports(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		agreed := drawTenant(t)
		before := drawLines(t, agreed.Mapping, "old", nil)
		after := drawLines(t, agreed.Mapping, "new", before)
		if rapid.IntRange(0, 4).Draw(t, "among others") == 0 {
			others := otherLines(agreed.Mapping)
			before, after = slices.Concat(before, others), slices.Concat(others, after)
		}
		old, new := fileOf(agreed.Mapping, before), fileOf(agreed.Mapping, after)
		o := filediff.Options{Tenant: agreed, Workers: rapid.IntRange(1, 3).Draw(t, "workers")}
		if rapid.IntRange(0, 3).Draw(t, "weak") == 0 {
			o = filediff.Weak(o)
		}
		r := compare(t, dir, old, new, o)
		first := planned(t, agreed, old, nil)
		want := planned(t, agreed, new, applied(first.Changes))
		if diff := cmp.Diff(r.changes, want.Changes); diff != "" {
			t.Fatalf("changes (-got +want):\n%s", diff)
		}
		want.Summary.Totals.SetAside += r.New.SetAside
		if diff := cmp.Diff(r.Summary, want.Summary); diff != "" {
			t.Fatalf("summary (-got +want):\n%s", diff)
		}
	})
}

func drawTenant(t *rapid.T) tenant.File {
	fields := []roster.Field{roster.FirstName, roster.LastName, roster.Email}
	for _, f := range []roster.Field{roster.UniqueID, roster.Status, roster.ProgramEligibility, roster.Locale, roster.City} {
		if rapid.IntRange(0, 3).Draw(t, "without "+string(f)) > 0 {
			fields = append(fields, f)
		}
	}
	agreed := tenant.File{Mapping: columns(rapid.Permutation(fields).Draw(t, "columns")...)}
	for i := range agreed.Mapping.Columns {
		c := &agreed.Mapping.Columns[i]
		c.Blank = rapid.SampledFrom([]mapping.Blank{mapping.BlankClear, mapping.BlankKeep}).Draw(t, "blank")
		if c.Field == roster.City && rapid.Bool().Draw(t, "standard set") {
			c.Values, c.Unknown = []string{"Bern"}, rapid.SampledFrom([]mapping.Unknown{mapping.UnknownHold, mapping.UnknownKeep, mapping.UnknownBlank}).Draw(t, "unknown")
		}
	}
	agreed.People.Missing = rapid.SampledFrom([]tenant.Missing{tenant.MissingDelete, tenant.MissingDeactivate, tenant.MissingKeep}).Draw(t, "missing")
	_, saysWho := agreed.Mapping.Column(roster.ProgramEligibility)
	for _, f := range []roster.Field{roster.City, roster.Status, roster.Locale} {
		if _, mapped := agreed.Mapping.Column(f); mapped && !saysWho && rapid.Bool().Draw(t, "decided by "+string(f)) {
			agreed.People.EligibleWhen = map[roster.Field][]string{f: {"Bern", roster.StatusInactive, roster.EnUS}}
		}
	}
	if rapid.Bool().Draw(t, "protected") {
		agreed.People.Protect = []string{"p1@x.example"}
	}
	return agreed
}

// drawLines draws lines of few people, so that they meet: names, addresses and unique IDs are drawn by themselves, and cells are left out or broken. Some are lines of another file.
func drawLines(t *rapid.T, m mapping.Mapping, name string, others []string) (lines []string) {
	for range rapid.IntRange(1, 7).Draw(t, name+" rows") {
		if len(others) > 0 && rapid.Bool().Draw(t, "as before") {
			lines = append(lines, rapid.SampledFrom(others).Draw(t, "line"))
			continue
		}
		var line strings.Builder
		for i, c := range m.Columns {
			line.WriteString(map[bool]string{true: ","}[i > 0] + drawCell(t, c.Field))
		}
		lines = append(lines, line.String())
	}
	return lines
}

// otherLines are as many lines of people whom no drawn line is about as it takes for a file to be read in blocks.
func otherLines(m mapping.Mapping) []string {
	values := map[roster.Field]string{
		roster.FirstName: "Somebody", roster.LastName: longName, roster.Status: "active", roster.ProgramEligibility: "eligible", roster.Locale: "fr-CA", roster.City: "Bern",
	}
	var lines []string
	for i := range enough {
		values[roster.Email], values[roster.UniqueID] = fmt.Sprintf("crowd%d@x.example", i), fmt.Sprintf("c%d", i)
		var cells []string
		for _, c := range m.Columns {
			cells = append(cells, values[c.Field])
		}
		lines = append(lines, strings.Join(cells, ","))
	}
	return lines
}

func fileOf(m mapping.Mapping, lines []string) string {
	var titles []string
	for _, c := range m.Columns {
		titles = append(titles, c.Title)
	}
	return strings.Join(titles, ",") + "\n" + strings.Join(lines, "\n") + "\n"
}

func drawCell(t *rapid.T, f roster.Field) string {
	values := []string{"Bern", "Oslo", ""}
	switch f {
	case roster.FirstName, roster.LastName:
		values = []string{"Ana", "Bob", "Zo\u00eb", "Zoe\u0308", "Zo\u00c3\u00ab"}
	case roster.City:
		values = []string{"Bern", "Oslo", "", "\"Bern\nWest\"", "\"Oslo, \"\"Sentrum\"\"\"", "#REF!"}
	case roster.Email:
		values = []string{"p1@x.example", "P1@x.example", "p2@x.example", "p3@x.example", "p4@x.example", "p5@x.example", "p6@x.example", "broken"}
	case roster.UniqueID:
		values = []string{"1", "2", "3", "4", "5", "6", ""}
	case roster.Status:
		values = []string{"active", "active", "inactive", "", "gone"}
	case roster.ProgramEligibility:
		values = []string{"eligible", "ineligible", "", "perhaps"}
	case roster.Locale:
		values = []string{"en-US", "fr-CA", "", "de"}
	}
	return rapid.SampledFrom(values).Draw(t, string(f))
}

// planned reads a file as an import does and compares it with members.
func planned(t *rapid.T, agreed tenant.File, file string, members []directory.Member) difftest.Result {
	t.Helper()
	var out bytes.Buffer
	w, err := batch.NewRosterWriter(&out, agreed.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := intake.Read(context.Background(), strings.NewReader(file), intake.Options{Mapping: agreed.Mapping}, w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := batch.OpenRoster(bytes.NewReader(out.Bytes()), int64(out.Len()), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	resolve, err := intake.NewResolver(context.Background(), strings.NewReader(file), int64(len(file)), intake.Options{Mapping: agreed.Mapping}, rows)
	if err != nil {
		t.Fatal(err)
	}
	r, err := diff.Compare(context.Background(), diff.Input{
		Roster: rows, Resolve: resolve, Directory: difftest.Directory(t, agreed.Mapping.Fields(), agreed.People, members, memory.DefaultAllocator), People: agreed.People,
		FileSHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(file))), MappingDigest: agreed.RulesDigest(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // of memory
	return difftest.Result{Result: r, Changes: difftest.Changes(t, r)}
}

// applied is the members that an apply of a first import makes, with what the database gives those of whom nothing is said.
func applied(creations []changeset.Change) []directory.Member {
	var members []directory.Member
	for _, c := range creations {
		m := directory.Member{ID: difftest.ID(c.Row), Version: 1, State: directory.Pending, Source: directory.FromRoster, Values: map[roster.Field]string{
			roster.Locale: roster.EnUS, roster.Status: roster.StatusActive, roster.ProgramEligibility: roster.Eligible,
		}}
		for _, f := range c.Fields {
			m.Values[f.Field] = f.After
		}
		if m.Values[roster.Status] == roster.StatusInactive {
			m.State, m.Before = directory.Deactivated, directory.Pending
		}
		members = append(members, m)
	}
	return members
}

// The files without a name lie where they are asked to, and nowhere else; where that is no folder, nothing is read.
func TestTempDir(t *testing.T) {
	t.Parallel()
	absent := filepath.Join(t.TempDir(), "absent")
	_, err := filediff.Compare(t.Context(), filediff.Options{Tenant: usual(), TempDir: absent})
	if !os.IsNotExist(err) && (err == nil || !strings.HasPrefix(err.Error(), "create roster: ")) {
		t.Errorf("without a folder for its files it ends with %v", err)
	}
}
