package tenantfile

import (
	"fmt"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

const day = 24 * time.Hour

// defaults is what a file says that says nothing.
func defaults() tenant.File {
	return tenant.File{
		Upload: tenant.Upload{Grace: day, Delimiter: ',', MaxRows: tenant.MaxRows, MaxBytes: tenant.MaxBytes, FailOnBadFile: true},
		People: tenant.People{
			Missing: tenant.MissingDelete, MissingAfter: 1, Ineligible: tenant.MissingKeep, Invite: tenant.InviteAfterApproval,
		},
		Approval:  tenant.Approval{Mode: tenant.ApproveAlways},
		Retention: tenant.Retention{Files: 30 * day, Deleted: 30 * day},
	}
}

// file reads the whole document.
func (d *decoder) file(n *yaml.Node) tenant.File {
	f := defaults()
	version := ""
	seen := d.mapping(n, "", keys{
		"version":   text(d, &version),
		"tenant":    text(d, &f.Tenant),
		"name":      text(d, &f.Name),
		"contacts":  d.contacts(&f.Contacts),
		"upload":    d.upload(&f.Upload),
		"fields":    d.columns(&f.Mapping.Columns),
		"ignore":    d.texts(&f.Mapping.Ignore),
		"people":    d.people(&f.People),
		"approval":  d.approval(&f.Approval),
		"retention": d.retention(&f.Retention),
	})
	d.required(n, "", seen, "version", "tenant", "name", "upload", "fields")
	if seen["version"] && version != "1" {
		d.problems = append(d.problems, Problem{Line: d.lines["version"], Path: "version", Message: "must be 1"})
	}
	return f
}

func (d *decoder) contacts(out *[]tenant.Contact) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		d.each(n, path, func(n *yaml.Node, path string) {
			c := tenant.Contact{Locale: roster.EnUS}
			seen := d.mapping(n, path, keys{
				"role": text(d, &c.Role), "name": text(d, &c.Name), "email": text(d, &c.Email), "locale": text(d, &c.Locale),
			})
			d.required(n, path, seen, "role", "email")
			*out = append(*out, c)
		})
	}
}

func (d *decoder) upload(u *tenant.Upload) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		seen := d.mapping(n, path, keys{
			"source":           d.source(&u.Source),
			"cadence":          d.cadence(u),
			"due":              d.due(&u.Due),
			"zone":             text(d, &u.Zone),
			"grace":            d.duration(&u.Grace),
			"file":             text(d, &u.File),
			"delimiter":        d.delimiter(&u.Delimiter),
			"max_rows":         whole(d, &u.MaxRows),
			"max_bytes":        whole(d, &u.MaxBytes),
			"fail_on_bad_file": d.truth(&u.FailOnBadFile),
		})
		d.required(n, path, seen, "source", "cadence", "due", "zone")
	}
}

// source reads where rosters come from: a word, or the customer's server as a mapping.
func (d *decoder) source(out *tenant.Source) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind == yaml.MappingNode {
			d.unhonoured(n, path, "remote")
			return
		}
		text(d, out)(n, path)
		if reason, not := tenant.NotHonoured(path, n.Value); not {
			d.add(n, path, "%s", reason)
		}
	}
}

// unhonoured refuses a setting that the contract has and the program does not honour.
func (d *decoder) unhonoured(n *yaml.Node, path, value string) {
	reason, not := tenant.NotHonoured(path, value)
	if !not {
		reason = "is not honoured"
	}
	d.add(n, path, "%s", reason)
}

func (d *decoder) delimiter(out *rune) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if !d.kind(n, path, yaml.ScalarNode, "one character") {
			return
		}
		r, size := utf8.DecodeRuneInString(n.Value)
		if size != len(n.Value) || size == 0 {
			r = utf8.RuneError
		}
		*out = r
	}
}

func (d *decoder) columns(out *[]mapping.Column) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		d.each(n, path, func(n *yaml.Node, path string) { *out = append(*out, d.column(n, path)) })
	}
}

func (d *decoder) column(n *yaml.Node, path string) mapping.Column {
	c := mapping.Column{Visibility: roster.Private, Unknown: mapping.UnknownHold}
	format := ""
	seen := d.mapping(n, path, keys{
		"column": text(d, &c.Title), "to": text(d, &c.Field), "visibility": text(d, &c.Visibility),
		"values": d.texts(&c.Values), "translate": d.dictionary(&c.Translate),
		"unknown": text(d, &c.Unknown), "blank": text(d, &c.Blank), "format": text(d, &format),
	})
	d.required(n, path, seen, "column", "to")
	if !seen["blank"] {
		c.Blank = c.DefaultBlank()
	}
	if seen["unknown"] && c.Unknown == mapping.UnknownHold && c.Values == nil {
		d.lint(n, path+".unknown", "no values are listed, so nothing is unknown: list values, or leave this out")
	}
	if seen["format"] {
		d.format(path+".format", c.Field, format)
	}
	c.Title = mapping.NormalValue(c.Title)
	for i, v := range c.Values {
		c.Values[i] = mapping.NormalValue(v)
	}
	return c
}

func (d *decoder) format(path string, f roster.Field, format string) {
	switch {
	case f.Kind() != roster.Date && d.stored:
	case f.Kind() != roster.Date:
		d.problems = append(d.problems, Problem{Line: d.lineOf(path), Path: path, Message: fmt.Sprintf("%q is not a date", f)})
	case format != "MM/DD/YYYY":
		d.problems = append(d.problems, Problem{Line: d.lineOf(path), Path: path, Message: "must be MM/DD/YYYY: dates of other formats are not honoured"})
	}
}

func (d *decoder) people(p *tenant.People) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		d.mapping(n, path, keys{
			"missing": text(d, &p.Missing), "missing_after": whole(d, &p.MissingAfter), "ineligible": text(d, &p.Ineligible),
			"eligible_when": d.eligibleWhen(&p.EligibleWhen),
			"invite":        text(d, &p.Invite), "protect": d.protect(&p.Protect),
		})
	}
}

// eligibleWhen reads the values, by field, that make people eligible.
func (d *decoder) eligibleWhen(out *map[roster.Field][]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		rule := map[roster.Field][]string{}
		*out = rule
		d.entries(n, path, "a mapping of profile fields to lists of values", func(key string, n *yaml.Node, path string) {
			var values []string
			d.texts(&values)(n, path)
			for i, v := range values {
				values[i] = mapping.NormalValue(v)
			}
			rule[roster.Field(key)] = values
		})
	}
}

// protect reads addresses and keeps them in the form in which they are compared.
func (d *decoder) protect(out *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		d.texts(out)(n, path)
		for i, address := range *out {
			(*out)[i] = roster.FoldEmail(mapping.NormalValue(address))
		}
	}
}

func (d *decoder) approval(a *tenant.Approval) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		d.mapping(n, path, keys{
			"mode":   text(d, &a.Mode),
			"limits": func(n *yaml.Node, path string) { d.unhonoured(n, path, "") },
		})
	}
}

func (d *decoder) retention(r *tenant.Retention) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		d.mapping(n, path, keys{"files": d.duration(&r.Files), "deleted": d.duration(&r.Deleted)})
	}
}
