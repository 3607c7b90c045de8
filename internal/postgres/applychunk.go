package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// chunkApply is the transaction of one chunk.
//
// The order inside is fixed: the changes are copied into a temporary table before any lock is taken, because a COPY that stalls would keep the lock; then the tenant's epoch and
// the apply's row are locked, the chunk's row is looked for, and only then members are touched, by one statement a kind of change.
//
// Statements name the members that they touch twice: by joining the temporary table, and by an array of their keys. The array is for the planner, which knows nothing of a
// tenant that is new: without it, it expects one member, reads them all, and compares each with the whole chunk.
type chunkApply struct {
	tx     pgx.Tx
	id     tenant.ImportID
	chunk  directory.Chunk
	now    time.Time
	invite bool
	keys   chunkKeys
}

// chunkKeys are the keys of the members that a chunk touches, and those that it gives to members.
type chunkKeys struct {
	ids                  [][16]byte
	addresses, uniqueIDs []string
}

func (a *chunkApply) run(ctx context.Context) (directory.ChunkResult, error) {
	// A plan that is made once for every chunk knows neither the arrays of keys nor the tenant, and reads whole tables.
	if _, err := a.tx.Exec(ctx, `SET LOCAL plan_cache_mode = force_custom_plan`); err != nil {
		return directory.ChunkResult{}, err
	}
	if err := a.stage(ctx); err != nil {
		return directory.ChunkResult{}, err
	}
	if err := lockEpoch(ctx, a.tx, a.id.Tenant); err != nil {
		return directory.ChunkResult{}, err
	}
	if _, err := a.tx.Exec(ctx, `SELECT FROM apply WHERE tenant_id = $1 AND import_n = $2 FOR UPDATE`, a.id.Tenant, a.id.N); err != nil {
		return directory.ChunkResult{}, err
	}
	if done, err := a.done(ctx); !errors.Is(err, pgx.ErrNoRows) {
		return done, err
	}
	if err := a.setAside(ctx); err != nil {
		return directory.ChunkResult{}, err
	}
	// Before the members, so that the triggers which see to it that nobody forgets this have nothing to compare; also where every change was set aside.
	if _, err := a.tx.Exec(ctx, `SELECT move_epoch(ARRAY[$1::text])`, a.id.Tenant); err != nil {
		return directory.ChunkResult{}, err
	}
	steps := []string{moveMembers, keepAliases, createMembers, cancelMail, resumeMail}
	if a.invite {
		steps = append(steps, inviteMembers)
	}
	for _, step := range steps {
		if _, err := a.tx.Exec(ctx, step, a.args()); err != nil {
			return directory.ChunkResult{}, err
		}
	}
	return a.record(ctx)
}

// done returns the result of a chunk that was applied before, or pgx.ErrNoRows. A chunk of the same number that was cut otherwise is another one.
func (a *chunkApply) done(ctx context.Context) (result directory.ChunkResult, err error) {
	var position, changes int
	err = a.tx.QueryRow(ctx, `SELECT position, changes, applied, set_aside FROM apply_chunk WHERE tenant_id = $1 AND import_n = $2 AND chunk = $3`,
		a.id.Tenant, a.id.N, a.chunk.Number).Scan(&position, &changes, &result.Applied, &result.SetAside)
	if err == nil && (position != a.chunk.Position || changes != len(a.chunk.Changes)) {
		return result, ledger.ErrOtherRelease
	}
	return result, err
}

func (a *chunkApply) args() pgx.NamedArgs {
	return pgx.NamedArgs{
		"tenant": a.id.Tenant, "n": a.id.N, "chunk": a.chunk.Number, "position": a.chunk.Position, "stage": a.chunk.Stage,
		"ids": a.keys.ids, "addresses": a.keys.addresses, "unique_ids": a.keys.uniqueIDs, "now": a.now, "until": a.now.Add(directory.RestorableFor),
	}
}

// stage copies the chunk's changes into the temporary table "change". A column that is NULL leaves the member's as it is.
func (a *chunkApply) stage(ctx context.Context) error {
	_, err := a.tx.Exec(ctx, `
		CREATE TEMPORARY TABLE change (
			position int, op text, removal boolean, member_id uuid, version bigint, mail_id uuid,
			unique_id text, email text, email_folded text, first_name text, last_name text, locale text, status text, eligibility text,
			set_fields jsonb, unset_fields text[], alias text, aside text
		) ON COMMIT DROP`)
	if err != nil {
		return err
	}
	columns := []string{"position", "op", "removal", "member_id", "version", "mail_id", "unique_id", "email", "email_folded", "first_name", "last_name", "locale", "status",
		"eligibility", "set_fields", "unset_fields", "alias"}
	_, err = a.tx.CopyFrom(ctx, pgx.Identifier{"change"}, columns, pgx.CopyFromSlice(len(a.chunk.Changes), func(i int) ([]any, error) {
		c := a.chunk.Changes[i]
		id, err := memberID(c)
		if err != nil {
			return nil, err
		}
		a.keys.add(id, c)
		return changeRow(a.chunk.Position+i, id, c)
	}))
	if err != nil {
		return err
	}
	_, err = a.tx.Exec(ctx, `CREATE INDEX ON change (member_id); ANALYZE change`)
	return err
}

func (k *chunkKeys) add(id uuid.UUID, c changeset.Change) {
	k.ids = append(k.ids, id)
	if folded, _ := addresses(c); folded != nil {
		k.addresses = append(k.addresses, *folded)
	}
	if f, ok := c.Field(roster.UniqueID); ok && f.After != "" {
		k.uniqueIDs = append(k.uniqueIDs, f.After)
	}
}

// changeRow is one change as a row of the temporary table.
func changeRow(position int, member uuid.UUID, c changeset.Change) ([]any, error) {
	mail, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	core := map[roster.Field]*string{}
	set, unset := map[roster.Field]string{}, []string{}
	for _, f := range c.Fields {
		switch {
		case isColumn(f.Field):
			core[f.Field] = &f.After
		case f.After == "":
			unset = append(unset, string(f.Field))
		default:
			set[f.Field] = f.After
		}
	}
	folded, alias := addresses(c)
	return []any{
		position, string(c.Op), c.Removal, [16]byte(member), c.Version, [16]byte(mail), core[roster.UniqueID], core[roster.Email], folded, core[roster.FirstName], core[roster.LastName],
		core[roster.Locale], core[roster.Status], core[roster.ProgramEligibility], set, unset, alias,
	}, nil
}

// addresses returns the folded new address where the change sets one, and the folded old one where that becomes an alias.
func addresses(c changeset.Change) (folded, alias *string) {
	email, set := c.Field(roster.Email)
	if !set {
		return nil, nil
	}
	after, before := roster.FoldEmail(email.After), roster.FoldEmail(email.Before)
	if c.Op == changeset.Create || before == after {
		return &after, nil
	}
	return &after, &before
}

// memberID is the id of the change's member; a person who is created gets theirs here.
func memberID(c changeset.Change) (uuid.UUID, error) {
	if c.Op == changeset.Create {
		return uuid.NewV7()
	}
	return uuid.Parse(c.Member)
}

// isColumn reports whether the field is a column of member rather than a part of its profile.
func isColumn(f roster.Field) bool {
	switch f {
	case roster.UniqueID, roster.Email, roster.FirstName, roster.LastName, roster.Locale, roster.Status, roster.ProgramEligibility:
		return true
	}
	return false
}

// uuidRows turns the first column of rows from text into what a binary COPY of a uuid takes.
func uuidRows(rows [][]any) [][]any {
	for _, r := range rows {
		id, err := uuid.Parse(r[0].(string))
		if err != nil {
			id = uuid.Nil // matches no member, so the plan is stale
		}
		r[0] = [16]byte(id)
	}
	return rows
}

// setAside marks the changes that can't be applied any more: the member was changed since it was planned, or somebody else has the address or the unique ID. One that is set
// aside may keep an address that another counted on, so it goes round until nothing changes.
func (a *chunkApply) setAside(ctx context.Context) error {
	if _, err := a.tx.Exec(ctx, asideChanged, a.args()); err != nil {
		return err
	}
	for found := true; found; {
		found = false
		for _, rule := range []string{asideAddressTaken, asideIDTaken} {
			tag, err := a.tx.Exec(ctx, rule, a.args())
			if err != nil {
				return err
			}
			found = found || tag.RowsAffected() > 0
		}
	}
	return nil
}

const asideChanged = `
UPDATE change c SET aside = 'changed_meanwhile'
WHERE c.op <> 'create' AND NOT EXISTS (
	SELECT FROM member m WHERE m.tenant_id = @tenant AND m.id = ANY (@ids) AND m.id = c.member_id AND m.version = c.version)`

// An address is free where nobody has it, or where who has it leaves it in this very chunk. The same goes for a unique ID. They are two statements, because a join on
// either of two columns can use neither's index.
const (
	asideAddressTaken = `
UPDATE change c SET aside = 'address_taken'
FROM member m LEFT JOIN change o ON o.member_id = m.id AND o.aside IS NULL
WHERE c.aside IS NULL AND m.tenant_id = @tenant AND m.email_folded = ANY (@addresses) AND m.email_folded = c.email_folded AND m.id <> c.member_id
  AND COALESCE(o.email_folded, m.email_folded) = m.email_folded`

	asideIDTaken = `
UPDATE change c SET aside = 'id_taken'
FROM member m LEFT JOIN change o ON o.member_id = m.id AND o.aside IS NULL
WHERE c.aside IS NULL AND m.tenant_id = @tenant AND m.unique_id = ANY (@unique_ids) AND m.unique_id = c.unique_id AND m.id <> c.member_id
  AND COALESCE(o.unique_id, m.unique_id) = m.unique_id`
)

// moveMembers changes the people who exist. States follow directory.Next: what is underneath is kept while a person is deactivated or deleted, and comes
// back with them. A person removed by deactivation has the status inactive from then on, so that the next file that holds them as active brings them back.
const moveMembers = `
UPDATE member m SET
	version      = m.version + 1,
	unique_id    = COALESCE(c.unique_id, m.unique_id),
	email        = COALESCE(c.email, m.email),
	email_folded = COALESCE(c.email_folded, m.email_folded),
	first_name   = COALESCE(c.first_name, m.first_name),
	last_name    = COALESCE(c.last_name, m.last_name),
	locale       = COALESCE(c.locale, m.locale),
	status       = CASE c.op WHEN 'deactivate' THEN 'inactive' WHEN 'reactivate' THEN 'active' ELSE COALESCE(c.status, m.status) END,
	eligibility  = COALESCE(c.eligibility, m.eligibility),
	profile      = (m.profile || c.set_fields) - c.unset_fields,
	state        = CASE
	                 WHEN c.op = 'deactivate' THEN 'deactivated'
	                 WHEN c.op = 'delete' THEN 'deleted'
	                 WHEN c.op = 'restore' AND COALESCE(c.status, m.status) = 'inactive' THEN 'deactivated'
	                 WHEN c.op IN ('reactivate', 'restore') THEN m.state_before
	                 ELSE m.state END,
	state_before = CASE
	                 WHEN c.op IN ('deactivate', 'delete') THEN COALESCE(m.state_before, m.state)
	                 WHEN c.op = 'restore' AND COALESCE(c.status, m.status) = 'inactive' THEN m.state_before
	                 WHEN c.op IN ('reactivate', 'restore') THEN NULL
	                 ELSE m.state_before END,
	deleted_at    = CASE c.op WHEN 'delete' THEN @now::timestamptz WHEN 'restore' THEN NULL ELSE m.deleted_at END,
	deleted_until = CASE c.op WHEN 'delete' THEN @until::timestamptz WHEN 'restore' THEN NULL ELSE m.deleted_until END,
	changed_at   = @now
FROM change c
WHERE c.op <> 'create' AND c.aside IS NULL AND m.tenant_id = @tenant AND m.id = ANY (@ids) AND m.id = c.member_id`

// keepAliases remembers the addresses that people had.
const keepAliases = `
INSERT INTO member_alias (tenant_id, email_folded, member_id, since)
SELECT @tenant, c.alias, c.member_id, @now FROM change c WHERE c.aside IS NULL AND c.alias IS NOT NULL
ON CONFLICT DO NOTHING`

const createMembers = `
INSERT INTO member (tenant_id, id, version, state, state_before, source, unique_id, email, email_folded, first_name, last_name, locale, status, eligibility,
                    profile, created_at, changed_at)
SELECT @tenant, c.member_id, 1,
       CASE WHEN c.status = 'inactive' THEN 'deactivated' ELSE 'pending' END,
       CASE WHEN c.status = 'inactive' THEN 'pending' END,
       'roster', c.unique_id, c.email, c.email_folded, c.first_name, c.last_name, COALESCE(c.locale, 'en-US'), COALESCE(c.status, 'active'),
       COALESCE(c.eligibility, 'eligible'), c.set_fields, @now, @now
FROM change c
WHERE c.op = 'create' AND c.aside IS NULL`

// inviteMembers invites, in the transaction that makes them invitable, the people of the chunk who are in the directory, active, eligible and were never invited.
const inviteMembers = `
WITH invited AS (
	UPDATE member m SET state = 'invited'
	FROM change c
	WHERE c.aside IS NULL AND m.tenant_id = @tenant AND m.id = ANY (@ids) AND m.id = c.member_id AND m.state = 'pending' AND m.status = 'active' AND m.eligibility = 'eligible'
	RETURNING m.id, c.mail_id
)
INSERT INTO mail (tenant_id, id, kind, member_id, campaign, state, import_n, attempts, due_at, claimed_by, reply, created_at, changed_at)
SELECT @tenant, i.mail_id, 'invitation', i.id, 'membership', 'waiting', @n, 0, @now, '', '', @now, @now
FROM invited i
ON CONFLICT ON CONSTRAINT mail_once_a_campaign DO NOTHING`

// cancelMail stops what waits to be sent to people of the chunk who are not to be invited any more: they were deactivated or deleted, are no longer eligible, or have
// their account. It runs after the members have moved.
const cancelMail = `
UPDATE mail SET state = 'cancelled', changed_at = @now
FROM change c JOIN member m ON m.tenant_id = @tenant AND m.id = ANY (@ids) AND m.id = c.member_id
WHERE c.aside IS NULL AND mail.tenant_id = @tenant AND mail.member_id = ANY (@ids) AND mail.member_id = c.member_id AND mail.state = 'waiting'
  AND NOT (m.state = 'invited' AND m.status = 'active' AND m.eligibility = 'eligible')`

// resumeMail lets what was cancelled wait again when its member is back or eligible again: they were counted as invited. Only what waits is ever cancelled, so every
// try of it that there was is known not to have gone; what may have gone is unknown or delivered, and stays so.
const resumeMail = `
UPDATE mail SET state = 'waiting', due_at = @now, changed_at = @now
FROM change c JOIN member m ON m.tenant_id = @tenant AND m.id = ANY (@ids) AND m.id = c.member_id
WHERE c.aside IS NULL AND (c.op IN ('reactivate', 'restore') OR c.eligibility = 'eligible')
  AND m.state = 'invited' AND m.status = 'active' AND m.eligibility = 'eligible'
  AND mail.tenant_id = @tenant AND mail.member_id = ANY (@ids) AND mail.member_id = c.member_id AND mail.state = 'cancelled'`

// record writes the chunk's row, with the epoch that holds after it, and those of the changes that were set aside.
func (a *chunkApply) record(ctx context.Context) (directory.ChunkResult, error) {
	_, err := a.tx.Exec(ctx, `
		INSERT INTO apply_aside (tenant_id, import_n, position, member_id, op, reason)
		SELECT @tenant, @n, position, CASE WHEN op = 'create' THEN NULL ELSE member_id END, op, aside FROM change WHERE aside IS NOT NULL`, a.args())
	if err != nil {
		return directory.ChunkResult{}, err
	}
	var r directory.ChunkResult
	err = a.tx.QueryRow(ctx, `
		INSERT INTO apply_chunk (tenant_id, import_n, chunk, position, changes, stage, applied, set_aside, epoch, at)
		SELECT @tenant, @n, @chunk, @position, count(*), @stage, count(*) FILTER (WHERE c.aside IS NULL), count(*) FILTER (WHERE c.aside IS NOT NULL), (SELECT epoch FROM tenant WHERE id = @tenant), @now
		FROM change c
		RETURNING applied, set_aside`, a.args()).Scan(&r.Applied, &r.SetAside)
	return r, err
}
