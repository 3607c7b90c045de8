package measure

import (
	"bytes"
	"encoding/json"
	"runtime"
	"testing"
)

func TestDiffersTellsEveryCount(t *testing.T) {
	t.Parallel()
	want := Answer{Rows: 10, Added: 1, Removed: 2, Changed: 3, Cells: map[string]int{"city": 2, "status": 1}}
	for _, test := range []struct {
		name string
		got  Answer
		want string
	}{
		{"the same", want, ""},
		{"rows not told", Answer{Added: 1, Removed: 2, Changed: 3, Cells: map[string]int{"city": 2, "status": 1}}, ""},
		{"a field too many and one too few", Answer{Added: 1, Removed: 2, Changed: 3, Cells: map[string]int{"city": 2, "locale": 4}}, "locale 4, want 0; status 0, want 1"},
		{"everything", Answer{Rows: 9}, "rows 9, want 10; added 0, want 1; removed 0, want 2; changed 0, want 3; city 0, want 2; status 0, want 1"},
	} {
		if got := test.got.Differs(want); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestReportTellsThePeak(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		return // only there the system tells
	}
	block := bytes.Repeat([]byte("x"), 64<<20)
	var out bytes.Buffer
	if err := Write(&out, Answer{Added: 1}); err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.PeakBytes < int64(len(block)) || r.Answer.Added != 1 {
		t.Errorf("report %+v of a process that held %d bytes", r, len(block))
	}
}
