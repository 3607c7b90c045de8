// Package schema holds the forms of what is stored and written down: the database's migrations, and the JSON Schema of tenant files.
//
// Tenant files are read by package tenantfile, which decides. The schema is for editors, and says as much of the decoder's rules as a schema can; a test holds the two together.
//
// Migrations are SQL files run in order by goose. They expand first and contract later, so that the code of the release before runs on the
// schema of this one. Rules that they follow, with the reason of each:
//
//   - Every table of a tenant has tenant_id first in its primary key and in every unique and foreign key, and row-level security enabled and forced: a query
//     that forgets the tenant finds nothing, and a unique key tells nobody of another tenant's rows.
//   - Processes work as the role rollcall_app, which owns nothing and bypasses nothing. Only tables that are needed before a tenant is known, and that
//     hold no personal data, have no policy: tenant, ssh_key_fingerprint, due_work and service_uptime.
//   - State machines are named CHECK constraints; once-only is a UNIQUE key.
//   - Whatever a comparison reads of members moves their tenant's epoch when it changes, by triggers on member: a column that is new to comparisons is added to member_move_epoch.
//   - Time comes from the caller (internal/clock), so no column defaults to now().
package schema

import "embed"

// Migrations holds migrations/*.sql.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Tenant is the JSON Schema of tenant files, draft 2020-12.
//
//go:embed tenant.schema.json
var Tenant []byte

// AppRole is the role as which every process works; see the package comment.
const AppRole = "rollcall_app"
