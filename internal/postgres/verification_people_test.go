package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// Answers are added and never changed: the role that all of Rollcall works as may do no more.
func TestAnswersStay(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	conn, err := pgx.Connect(t.Context(), o.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // nothing is open in it
	for privilege, want := range map[string]bool{"SELECT": true, "INSERT": true, "UPDATE": false, "DELETE": false, "TRUNCATE": false} {
		var got bool
		if err := conn.QueryRow(t.Context(), `SELECT has_table_privilege('rollcall_app', 'verification', $1)`, privilege).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %t, %v, want %t", privilege, got, err, want)
		}
	}
}
