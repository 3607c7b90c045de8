package tenant

import (
	"fmt"
	"strings"
	"time"
)

// DueSentence tells staff when rosters are due, such as "on day 15 and the last day of March and September, at 06:00 in America/Toronto".
func (u Upload) DueSentence() string {
	days := u.Days()
	var names []string
	for _, d := range days.Weekdays {
		names = append(names, d.String()+"s")
	}
	for _, d := range days.Days {
		if d == LastDay {
			names = append(names, "the last day")
		} else {
			names = append(names, fmt.Sprintf("day %d", d))
		}
	}
	text := "on " + enumerate(names)
	switch {
	case len(days.Months) > 0:
		text += " of " + enumerate(monthNames(days.Months))
	case len(days.Days) > 0:
		text += " of every month"
	}
	return fmt.Sprintf("%s, at %02d:%02d in %s", text, u.Due.Hour, u.Due.Minute, u.Zone)
}

func monthNames(months []time.Month) []string {
	names := make([]string, len(months))
	for i, m := range months {
		names[i] = m.String()
	}
	return names
}

// enumerate is "a", "a and b", "a, b and c".
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
