package layering

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestModuleKeepsItsLayers(t *testing.T) {
	t.Parallel()
	packages, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range Check(packages, Rules(), Bans()) {
		t.Error(fault)
	}
	// The table stays a true picture only while each package of it exists; and a check of no packages would find no faults.
	for _, rule := range Rules() {
		for _, name := range rule.Packages {
			if !slices.ContainsFunc(packages, func(p Package) bool { return p.Path == Module+name }) {
				t.Errorf("the table names %s, which does not exist", name)
			}
		}
	}
}

// A checker that finds nothing would pass for ever, so every kind of violation is planted once.
func TestCheckFindsViolations(t *testing.T) {
	t.Parallel()
	rules := []Rule{
		{Packages: []string{"internal/noun"}, Libraries: []string{"golang.org/x/text"}, Never: []string{"os"}},
		{Packages: []string{"internal/store"}, Own: []string{"internal/noun"}, Libraries: []string{"github.com/db/driver"}},
		{Packages: []string{"internal/queue"}, Own: []string{"internal/noun"}},
		{Packages: []string{"worker"}, Own: everything, Libraries: everything},
	}
	bans := []Ban{{From: "worker", To: "internal/queue"}, {From: "worker", To: "github.com/db/driver"}}
	good := func() []Package {
		return []Package{
			{Path: Module + "internal/noun", Imports: []string{"strings", "golang.org/x/text/cases"}, Comment: true},
			{Path: Module + "internal/store", Imports: []string{"os", Module + "internal/noun", "github.com/other/pool"}, Comment: true},
			{Path: Module + "worker", Imports: []string{Module + "internal/noun"}, Comment: true},
			{Path: "github.com/other/pool", Imports: []string{"github.com/db/driver"}},
		}
	}
	for _, test := range []struct {
		name  string
		plant func(p []Package) []Package
		want  []string
	}{
		{"a library of another's", func(p []Package) []Package { return p }, []string{"internal/store imports github.com/other/pool"}},
		{"a library that only begins alike", func(p []Package) []Package { p[1].Imports = []string{"github.com/db/driver2"}; return p },
			[]string{"internal/store imports github.com/db/driver2"}},
		{"a package above", func(p []Package) []Package {
			p[0].Imports = append(p[0].Imports, Module+"internal/store")
			return p[:1]
		},
			[]string{"internal/noun imports internal/store"}},
		{"the world around", func(p []Package) []Package { p[0].Imports = append(p[0].Imports, "os"); return p[:1] }, []string{"internal/noun imports os"}},
		{"a package without a place", func(p []Package) []Package {
			return append(p[:1], Package{Path: Module + "internal/util", Comment: true})
		},
			[]string{"internal/util stands in no rule: give it its place in tests/layering/table.go"}},
		{"a package without a comment", func(p []Package) []Package { p[0].Comment = false; return p[:1] }, []string{"internal/noun has no package comment"}},
		{"a forbidden way through a library", func(p []Package) []Package {
			p[1].Imports = nil
			p[2].Imports = append(p[2].Imports, "github.com/other/pool")
			return p
		}, []string{"worker reaches github.com/db/driver: worker -> github.com/other/pool -> github.com/db/driver"}},
		{"a forbidden package of the module's", func(p []Package) []Package {
			p[2].Imports = append(p[2].Imports, Module+"internal/queue")
			return append(p[2:3], Package{Path: Module + "internal/queue", Comment: true})
		}, []string{"worker reaches internal/queue: worker -> internal/queue"}},
		{"nothing", func(p []Package) []Package { p[1].Imports = []string{"github.com/db/driver/v5"}; return p }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, Check(test.plant(good()), rules, bans)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}
