package intake

import "testing"

// The suggestions are those that a person would make, and none where nothing is near.
func TestNearest(t *testing.T) {
	t.Parallel()
	titles := []string{"E-mail address", "Given Name", "Surname", "Hire Date", "active", "inactive", "en-US"}
	for word, want := range map[string]string{
		"Email Address": "E-mail address", "ACTIVE": "active", "Inactive ": "inactive", "en_us": "en-US", "Surnames": "Surname", "First Name": "", "leave": "",
	} {
		if got, _ := nearest(word, titles); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
