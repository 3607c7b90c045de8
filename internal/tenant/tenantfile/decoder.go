package tenantfile

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"rollcall.internal/internal/tenant"
)

// A decoder walks the tree and collects problems. It goes on after each, so that one reading finds them all.
type decoder struct {
	stored   bool // it was accepted once: what is only asked of what is applied now is not asked again
	problems []Problem
	lines    map[string]int // the line of each path seen
}

// keys says what each key of a mapping is read by.
type keys map[string]func(n *yaml.Node, path string)

func (d *decoder) add(n *yaml.Node, path, format string, args ...any) {
	d.problems = append(d.problems, Problem{Line: n.Line, Path: path, Message: fmt.Sprintf(format, args...)})
}

// lint adds a problem of something that can be understood and is not accepted all the same.
func (d *decoder) lint(n *yaml.Node, path, format string, args ...any) {
	if !d.stored {
		d.add(n, path, format, args...)
	}
}

// mapping reads n by the given keys and returns those that are present.
func (d *decoder) mapping(n *yaml.Node, path string, known keys) map[string]bool {
	seen := map[string]bool{}
	if !d.kind(n, path, yaml.MappingNode, "a mapping of keys to values") {
		return seen
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		d.lines[at] = key.Line
		read, ok := known[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			d.add(key, path, "a key must be a word")
		case seen[key.Value]:
			d.add(key, at, "is given twice")
		case !ok:
			d.unknownKey(key, at, known)
		default:
			read(value, at)
		}
		seen[key.Value] = true
	}
	return seen
}

func (d *decoder) unknownKey(key *yaml.Node, at string, known keys) {
	if reason, ok := tenant.NotHonoured(at, ""); ok {
		d.add(key, at, "%s", reason)
		return
	}
	names := slices.Sorted(maps.Keys(known))
	if key.Tag == "!!merge" {
		d.add(key, at, "merge keys are not taken in tenant files")
		return
	}
	meant := ""
	if near, ok := nearest(key.Value, names); ok {
		meant = fmt.Sprintf("did you mean %s? ", near)
	}
	d.add(key, at, "is not a key of tenant files; %shere stand %s", meant, strings.Join(names, ", "))
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// kind reports whether n is of the kind wanted, and adds a problem where it is not.
func (d *decoder) kind(n *yaml.Node, path string, want yaml.Kind, what string) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.add(n, path, "anchors and aliases are not taken in tenant files")
	case n.Style&yaml.TaggedStyle != 0 && !d.stored:
		d.add(n, path, "tags such as %s are not taken in tenant files: everything is read as it is written", n.Tag)
	case n.Kind != want || want == yaml.ScalarNode && n.Tag == "!!null":
		d.add(n, path, "must be %s", what)
	default:
		return true
	}
	return false
}

// required adds a problem for each key that the mapping n lacks.
func (d *decoder) required(n *yaml.Node, path string, seen map[string]bool, names ...string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, name := range names {
		if !seen[name] {
			d.add(n, join(path, name), "is required")
		}
	}
}

// text returns a reader of a text into out. Every scalar is a text as it is written.
func text[T ~string](d *decoder, out *T) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if d.kind(n, path, yaml.ScalarNode, "a text") {
			*out = T(n.Value)
		}
	}
}

// whole returns a reader of a whole number.
func whole[T ~int | ~int64](d *decoder, out *T) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if !d.kind(n, path, yaml.ScalarNode, "a whole number") {
			return
		}
		v, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil || strconv.FormatInt(v, 10) != n.Value && !d.stored { // 012 is twelve to one reader and ten to another
			d.add(n, path, "must be a whole number, such as 12")
			return
		}
		*out = T(v)
	}
}

// truth returns a reader of true or false. YAML's other spellings, such as yes and on, are refused: what is plain to one reader is a text to another.
func (d *decoder) truth(out *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if !d.kind(n, path, yaml.ScalarNode, "true or false") {
			return
		}
		quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
		if n.Value != "true" && n.Value != "false" || quoted && !d.stored {
			d.add(n, path, "must be true or false")
			return
		}
		*out = n.Value == "true"
	}
}

// duration returns a reader of a time span such as 90m, 24h or 30d.
func (d *decoder) duration(out *time.Duration) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if !d.kind(n, path, yaml.ScalarNode, "a time span such as 24h or 30d") {
			return
		}
		v, err := parseDuration(n.Value)
		if err != nil {
			d.add(n, path, "must be a time span such as 24h or 30d")
			return
		}
		*out = v
	}
}

// parseDuration reads a whole number of days such as 30d, or what time.ParseDuration takes.
func parseDuration(s string) (time.Duration, error) {
	days, ok := strings.CutSuffix(s, "d")
	if !ok {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil || n > uint64(math.MaxInt64/(24*time.Hour)) {
		return 0, fmt.Errorf("%q is not a number of days", s)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// each calls read for every element of a list.
func (d *decoder) each(n *yaml.Node, path string, read func(n *yaml.Node, path string)) {
	if !d.kind(n, path, yaml.SequenceNode, "a list") {
		return
	}
	for i, element := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.lines[at] = element.Line
		read(element, at)
	}
}

// texts returns a reader of a list of texts.
func (d *decoder) texts(out *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		*out = []string{}
		d.each(n, path, func(n *yaml.Node, path string) {
			var s string
			text(d, &s)(n, path)
			*out = append(*out, s)
		})
	}
}

// entries calls read for every entry of a mapping whose keys are free.
func (d *decoder) entries(n *yaml.Node, path, what string, read func(key string, n *yaml.Node, path string)) {
	if !d.kind(n, path, yaml.MappingNode, what) {
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var name string
		key, at := n.Content[i], join(path, n.Content[i].Value)
		d.lines[at] = key.Line
		text(d, &name)(key, at)
		if seen[name] {
			d.add(key, at, "is given twice")
		}
		seen[name] = true
		read(name, n.Content[i+1], at)
	}
}

// dictionary returns a reader of a mapping of texts to texts, whose keys are free.
func (d *decoder) dictionary(out *map[string]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		dictionary := map[string]string{}
		d.entries(n, path, "a mapping of texts to texts", func(from string, n *yaml.Node, path string) {
			var to string
			text(d, &to)(n, path)
			dictionary[from] = to
		})
		*out = dictionary
	}
}
