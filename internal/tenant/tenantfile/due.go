package tenantfile

import (
	"time"

	"go.yaml.in/yaml/v4"

	"rollcall.internal/internal/tenant"
)

// cadence reads how often rosters are due: a word, or a calendar as a mapping.
func (d *decoder) cadence(u *tenant.Upload) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.MappingNode {
			text(d, &u.Cadence)(n, path)
			if u.Cadence == tenant.OnCalendar {
				d.add(n, path, "a calendar names its days: write cadence: {calendar: {days: [1, 15]}}")
			}
			return
		}
		u.Cadence = tenant.OnCalendar
		seen := d.mapping(n, path, keys{"calendar": d.calendar(&u.Calendar)})
		d.required(n, path, seen, "calendar")
	}
}

func (d *decoder) calendar(c *tenant.Calendar) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		d.mapping(n, path, keys{
			"months": listOf(d, &c.Months, func(m *time.Month) func(*yaml.Node, string) { return whole(d, m) }),
			"days":   listOf(d, &c.Days, d.dayOfMonth),
			"weekdays": listOf(d, &c.Weekdays, func(w *time.Weekday) func(*yaml.Node, string) {
				return func(n *yaml.Node, path string) {
					var word string
					text(d, &word)(n, path)
					day, err := tenant.ParseWeekday(word)
					if err != nil && word != "" {
						d.add(n, path, "%v", err)
					}
					*w = day
				}
			}),
		})
	}
}

// listOf returns a reader of a list that is not empty, whose elements are read one by one.
func listOf[T any](d *decoder, out *[]T, element func(*T) func(*yaml.Node, string)) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
			d.lint(n, path, "is empty: list something, or leave it out")
		}
		d.each(n, path, func(n *yaml.Node, path string) {
			var v T
			element(&v)(n, path)
			*out = append(*out, v)
		})
	}
}

func (d *decoder) due(out *tenant.Due) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		seen := d.mapping(n, path, keys{"day": d.dueDay(&out.Day), "time": d.clock(out)})
		d.required(n, path, seen, "time")
	}
}

// dueDay reads a day of the week or the month; which of them, the cadence says.
func (d *decoder) dueDay(out *int) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		d.dayOfMonth(out)(n, path)
		if n.Value == "0" {
			d.lint(n, path, "days are counted from 1")
		}
	}
}

// dayOfMonth reads a number, or the word last.
func (d *decoder) dayOfMonth(out *int) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind == yaml.ScalarNode && n.Value == "last" {
			*out = tenant.LastDay
			return
		}
		whole(d, out)(n, path)
	}
}

// clock reads a time of day. YAML 1.1 takes 06:00 for a number in base 60; here it is what it looks like, quoted or not.
func (d *decoder) clock(out *tenant.Due) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if !d.kind(n, path, yaml.ScalarNode, `a time such as "06:00"`) {
			return
		}
		t, err := time.Parse("15:04", n.Value)
		if err != nil || len(n.Value) != len("06:00") {
			d.add(n, path, `must be a time such as "06:00"`)
			return
		}
		out.Hour, out.Minute = t.Hour(), t.Minute()
	}
}
