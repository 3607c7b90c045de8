// Package layering says who may import whom, and its test holds the code to it.
//
// The table below is the architecture. Every package of the module stands in it once; a package that is not in it fails the test, so that a new one is given its
// place by whoever adds it. A rule names what a package may import directly; since every package has a rule, what it reaches is decided too. What must not be
// reached by any way at all is said a second time, as a [Ban].
//
// Only what is compiled into programs is looked at: a test may join what it likes.
package layering

// Module is the path that every package of this repository begins with.
const Module = "rollcall.internal/"

// A Rule lets packages import others.
type Rule struct {
	Packages  []string // paths inside the module
	Own       []string // which packages of the module they may import
	Libraries []string // which libraries, by the beginning of their path; the standard library is always allowed, but for Never
	Never     []string // parts of the standard library that are not
}

// A Ban forbids every way from one package to another.
type Ban struct {
	From, To string
}

// outside is the part of the standard library by which a package would reach the world around it.
var outside = []string{"database/sql", "net", "net/http", "net/smtp", "os", "os/exec", "os/signal", "syscall"}

// pure are the packages of the domain: what Rollcall knows and decides. They compute, and reach nothing.
var pure = []string{
	"internal/approval", "internal/artifact", "internal/changeset", "internal/clock", "internal/contract", "internal/directory", "internal/inbox",
	"internal/invite", "internal/lateness", "internal/ledger", "internal/mapping", "internal/mapping/draft", "internal/mapping/titles", "internal/notice", "internal/planview", "internal/receipt", "internal/report", "internal/roster",
	"internal/roster/wording", "internal/spreadsheet", "internal/tenant",
}

// columnar are the packages in which people stand in columns.
var columnar = []string{"internal/batch", "internal/diff", "internal/intake", "internal/mapping/lint", "internal/mapping/sample", "internal/snapshot", "internal/trial"}

// arrow are the libraries of columnar packages.
var arrow = []string{"github.com/apache/arrow/go/v17/arrow", "github.com/zeebo/xxh3", "golang.org/x/text"}

// Rules is the whole table.
func Rules() []Rule {
	return []Rule{
		// The domain, from the vocabulary to what is agreed with a tenant.
		{Packages: pure, Own: pure, Libraries: []string{"golang.org/x/text", "golang.org/x/net/idna"}, Never: outside},
		{Packages: []string{"internal/tenant/tenantfile"}, Own: pure, Libraries: []string{"go.yaml.in/yaml/v4"}, Never: outside},
		{Packages: []string{"internal/rostergen"}, Own: pure, Never: outside},
		{Packages: columnar, Own: join(pure, columnar), Libraries: arrow, Never: []string{"database/sql", "net", "net/http", "os/exec"}},

		// Adapters: the domain, and one technology each. None knows another.
		{Packages: []string{"internal/artifact/blobstore"}, Own: pure, Libraries: []string{"gocloud.dev"}},
		{Packages: []string{"internal/inbox/sftpd"}, Own: pure, Libraries: []string{"github.com/pkg/sftp", "golang.org/x/crypto/ssh", "github.com/google/uuid"}},
		{Packages: []string{"internal/mail"}, Own: pure, Libraries: []string{"github.com/wneessen/go-mail"}},
		{Packages: []string{"internal/mail/mailtest"}},
		{Packages: []string{"internal/mapping/workbook"}, Own: pure, Libraries: []string{"github.com/xuri/excelize/v2"}, Never: outside},
		{Packages: []string{"internal/report/workbook"}, Own: pure, Libraries: []string{"github.com/xuri/excelize/v2"}},
		{Packages: []string{"internal/batch/batchtest"}, Own: join(pure, []string{"internal/batch"})},
		{Packages: []string{"internal/diff/difftest"}, Own: join(pure, columnar, []string{"internal/batch/batchtest"}), Libraries: arrow},
		{Packages: []string{"internal/filediff"}, Own: join(pure, columnar), Libraries: arrow, Never: []string{"database/sql", "net", "net/http", "os/exec"}},
		{Packages: []string{"internal/report/reporttest"}, Own: pure, Libraries: []string{"pgregory.net/rapid"}},
		// Members leave Postgres in columns, so it knows what columns are; it knows nothing of Arrow.
		{Packages: []string{"internal/postgres"}, Own: join(pure, []string{"internal/batch", "internal/snapshot", "schema"}),
			Libraries: []string{"github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "github.com/google/uuid"}},
		{Packages: []string{"internal/postgres/pgtest"}, Own: join(pure, []string{"internal/postgres"}), Libraries: []string{"github.com/jackc/pgx/v5"}},
		{Packages: []string{"internal/devstack/mailsink"}, Libraries: []string{"github.com/emersion/go-smtp", "golang.org/x/text"}},
		{Packages: []string{"internal/devstack"}, Own: []string{"internal/config", "internal/devstack/mailsink"},
			Libraries: []string{"github.com/jackc/pgx/v5", "go.temporal.io/api", "go.temporal.io/sdk", "google.golang.org/protobuf"}},
		{Packages: []string{"deploy", "schema"}}, // what is built into the programs

		// What sends mail knows neither SMTP nor SQL; what answers people knows Temporal's client and no adapter.
		{Packages: []string{"internal/invite/courier"}, Own: pure, Libraries: []string{"github.com/google/uuid"}, Never: outside},
		{Packages: []string{"internal/config"}, Own: []string{"internal/contract"}},
		{Packages: []string{"internal/registrar"}, Own: join(pure, []string{"internal/batch", "internal/tenant/tenantfile", "internal/trial"}),
			Libraries: []string{"go.temporal.io/api", "go.temporal.io/sdk/client", "go.temporal.io/sdk/converter", "go.temporal.io/sdk/temporal", "github.com/google/uuid", "github.com/apache/arrow/go/v17/arrow/memory"},
			Never:     outside},

		// Temporal's side: workflows order, activities do.
		{Packages: []string{"workflows"}, Own: pure,
			Libraries: []string{"go.temporal.io/api/enums/v1", "go.temporal.io/sdk/converter", "go.temporal.io/sdk/temporal", "go.temporal.io/sdk/worker", "go.temporal.io/sdk/workflow"}, Never: outside},
		{Packages: []string{"activities"}, Own: join(pure, columnar, []string{"internal/tenant/tenantfile"}),
			Libraries: []string{"go.temporal.io/sdk/activity", "go.temporal.io/sdk/temporal", "go.temporal.io/sdk/worker", "github.com/apache/arrow/go/v17/arrow/memory", "golang.org/x/sync/semaphore"}, Never: outside},

		// The programs join the parts.
		{Packages: []string{"worker"}, Own: everything, Libraries: everything},
		{Packages: []string{"starter"}, Own: everything, Libraries: everything},

		// Tests, as far as they are packages.
		{Packages: []string{"tests/layering"}, Libraries: []string{"golang.org/x/tools/go/packages"}},
		{Packages: []string{"tests/e2e"}},
		{Packages: []string{"tests/prepare"}, Own: []string{"internal/devstack"}},
		{Packages: []string{"tests/bench", "tests/bench/step"}, Own: everything, Libraries: everything}, // programs too
		{Packages: []string{"tests/bench/measure"}},
	}
}

// Bans are the ways that must not be there, however long.
func Bans() []Ban {
	return []Ban{
		{From: "worker", To: "internal/devstack"}, // a deployment carries nothing of a developer's machine
		{From: "worker", To: "internal/rostergen"},
		{From: "workflows", To: "github.com/apache/arrow/go/v17/arrow"},
		{From: "activities", To: "github.com/jackc/pgx/v5"},
		{From: "internal/registrar", To: "github.com/jackc/pgx/v5"},
	}
}

// everything allows any package.
var everything = []string{""}

func join(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
