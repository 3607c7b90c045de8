package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/tenant/tenantfile"
)

// tellCadences: whatever the cadence, Temporal starts runs exactly when a roster is due. The times are Temporal's own.
func tellCadences(t *testing.T, s *stack) {
	c := newTenant(t, s, "cadences", 1)
	for _, test := range []struct{ cadence, due, zone string }{
		{"weekly", "{day: 7, time: 22:30}", "Europe/Paris"},
		{"monthly", "{day: last, time: 06:00}", "America/Toronto"},
		{"monthly", "{day: 29, time: 04:00}", "Australia/Lord_Howe"},
		{"quarterly", "{day: 31, time: 23:59}", "Pacific/Apia"},
		{"{calendar: {months: [2, 6], days: [15, 30]}}", "{time: 05:15}", "Asia/Kolkata"},
		{"{calendar: {months: [3, 10, 11], weekdays: [sunday, monday]}}", "{time: 04:00}", "America/Toronto"},
	} {
		file := fmt.Sprintf(`version: 1
tenant: %s
name: Cadences
upload: {source: hosted, cadence: %s, due: %s, zone: %s}
fields:
  - {column: First Name, to: first_name}
  - {column: Last Name, to: last_name}
  - {column: Email Address, to: email}
`, c.id, test.cadence, test.due, test.zone)
		agreed, err := tenantfile.Decode([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		asked := time.Now()
		s.must(t, "tenant", "apply", c.write("tenant.yaml", file))
		var described struct {
			Info struct {
				FutureActionTimes []time.Time `json:"futureActionTimes"`
			} `json:"info"`
		}
		printed := s.temporalCLI(t, "schedule", "describe", "--schedule-id", contract.ScheduleID(tenantID(c.id)), "--output", "json")
		if err := json.Unmarshal([]byte(printed), &described); err != nil {
			t.Fatalf("%v:\n%s", err, printed)
		}
		if len(described.Info.FutureActionTimes) < 5 {
			t.Errorf("%s: Temporal tells %d times", test.cadence, len(described.Info.FutureActionTimes))
		}
		at := asked
		for _, fires := range described.Info.FutureActionTimes {
			if due := agreed.Upload.NextDue(at); !due.Equal(fires) {
				t.Errorf("%s %s in %s: due at %s, and Temporal starts a run at %s", test.cadence, test.due, test.zone, due, fires)
			}
			at = fires
		}
	}
}
