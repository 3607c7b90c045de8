package layering

import (
	"fmt"
	"slices"
	"strings"
)

// A Package is what the check needs to know of one package.
type Package struct {
	Path    string // as imported
	Imports []string
	Comment bool // it says what it is for
}

// Check returns what is wrong with the packages of the module, in order; libraries are among the packages so that ways through them are seen.
func Check(packages []Package, rules []Rule, bans []Ban) []string {
	c := checker{packages: map[string]Package{}, rules: map[string]Rule{}}
	for _, p := range packages {
		c.packages[p.Path] = p
	}
	for _, r := range rules {
		for _, p := range r.Packages {
			if _, twice := c.rules[p]; twice {
				c.fault("%s stands in the table twice", p)
			}
			c.rules[p] = r
		}
	}
	for _, p := range packages {
		if own, ok := strings.CutPrefix(p.Path, Module); ok {
			c.check(own, p)
		}
	}
	for _, b := range bans {
		c.ban(b)
	}
	slices.Sort(c.faults)
	return c.faults
}

type checker struct {
	packages map[string]Package
	rules    map[string]Rule
	faults   []string
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// check holds one package to its rule.
func (c *checker) check(own string, p Package) {
	if !p.Comment {
		c.fault("%s has no package comment", own)
	}
	rule, ok := c.rules[own]
	if !ok {
		c.fault("%s stands in no rule: give it its place in tests/layering/table.go", own)
		return
	}
	for _, path := range p.Imports {
		if !allowed(rule, path) {
			c.fault("%s imports %s", own, strings.TrimPrefix(path, Module))
		}
	}
}

// allowed reports whether the rule lets a package import path.
func allowed(r Rule, path string) bool {
	if own, ok := strings.CutPrefix(path, Module); ok {
		return slices.Equal(r.Own, everything) || slices.Contains(r.Own, own)
	}
	if standard(path) {
		return !slices.Contains(r.Never, path)
	}
	return slices.ContainsFunc(r.Libraries, func(library string) bool { return within(path, library) })
}

// standard reports whether path is one of the standard library's: only there has the first element no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// within reports whether path is library or lies below it.
func within(path, library string) bool {
	return library == "" || path == library || strings.HasPrefix(path, library+"/")
}

// ban looks for a way from one package to another, and names the shortest.
func (c *checker) ban(b Ban) {
	type step struct {
		path string
		way  []string
	}
	from := Module + b.From
	seen := map[string]bool{from: true}
	for queue := []step{{path: from, way: []string{b.From}}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if own := strings.TrimPrefix(at.path, Module); within(own, b.To) {
			c.fault("%s reaches %s: %s", b.From, b.To, strings.Join(at.way, " -> "))
			return
		}
		for _, next := range c.packages[at.path].Imports {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, step{next, append(slices.Clone(at.way), strings.TrimPrefix(next, Module))})
			}
		}
	}
}
