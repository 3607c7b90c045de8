-- +goose Up

ALTER TABLE tenant ADD COLUMN epoch_moved_by text;
COMMENT ON COLUMN tenant.epoch IS
  'Moves by one in every transaction that changes what a diff would see, by triggers on member; every writer of members locks this row first. A migration that rewrites members without
   triggers, as ALTER TABLE does, has to move it itself.';
COMMENT ON COLUMN tenant.epoch_moved_by IS
  'The transaction that moved the epoch last: its number and its start, because numbers begin anew in a database that was restored from a dump.';

-- The epochs of tenants move together with their members, by at most one in a transaction. It runs as its owner, because who writes members need not be allowed to write tenants.
-- +goose StatementBegin
CREATE FUNCTION move_epoch(moved text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  this text := concat_ws(' ', pg_current_xact_id(), extract(epoch FROM transaction_timestamp()));
BEGIN
  -- In one order, so that two writers of several tenants can't deadlock.
  PERFORM FROM public.tenant t WHERE t.id = ANY (moved) ORDER BY t.id FOR NO KEY UPDATE;
  UPDATE public.tenant t SET epoch = t.epoch + 1, epoch_moved_by = this WHERE t.id = ANY (moved) AND t.epoch_moved_by IS DISTINCT FROM this;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION move_epoch IS 'Moves the epochs of tenants, of each by one however often a transaction calls it.';
REVOKE ALL ON FUNCTION move_epoch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION move_epoch TO rollcall_app;

-- Whoever writes members in the name of a tenant takes the tenant's row before any member's, as a chunk of an apply does, or the two could wait for each other. A superuser who
-- named no tenant can't be helped: of two that wait for each other PostgreSQL ends one with an error, and a chunk is tried again.
-- +goose StatementBegin
CREATE FUNCTION member_lock_epoch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM public.tenant t WHERE t.id = NULLIF(current_setting('app.tenant_id', true), '') FOR NO KEY UPDATE;
  RETURN NULL;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION member_lock_epoch IS 'Takes the place of a statement in the queue of writers of the tenant''s members.';
REVOKE ALL ON FUNCTION member_lock_epoch FROM PUBLIC;

-- What a diff reads of a member is named here once more: see batch.MemberBlock. Not among it are whether somebody was invited or accepted, and when anything was changed.
-- +goose StatementBegin
CREATE FUNCTION member_move_epoch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  this  text := concat_ws(' ', pg_current_xact_id(), extract(epoch FROM transaction_timestamp()));
  moved text[];
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    SELECT array_agg(t.id) INTO moved FROM public.tenant t;
  ELSIF TG_OP = 'INSERT' THEN
    SELECT array_agg(DISTINCT n.tenant_id) INTO moved FROM new_members n;
  ELSIF TG_OP = 'DELETE' THEN
    SELECT array_agg(DISTINCT o.tenant_id) INTO moved FROM old_members o;
  ELSE
    -- Where the epoch was moved by this transaction already, as a chunk does, nothing has to be compared.
    SELECT array_agg(t.id) INTO moved FROM public.tenant t
    WHERE t.id IN (SELECT o.tenant_id FROM old_members o UNION SELECT n.tenant_id FROM new_members n) AND t.epoch_moved_by IS DISTINCT FROM this;
    IF moved IS NULL THEN
      RETURN NULL;
    END IF;
    -- A full join is never done by nested loops, whatever the plan that was made for a statement of one row.
    SELECT array_agg(DISTINCT COALESCE(o.tenant_id, n.tenant_id)) INTO moved
    FROM old_members o FULL JOIN new_members n ON o.tenant_id = n.tenant_id AND o.id = n.id
    WHERE o.id IS NULL OR n.id IS NULL
       OR (o.version, o.source, o.unique_id, o.email, o.first_name, o.last_name, o.locale, o.status, o.eligibility, o.profile, o.deleted_until)
          IS DISTINCT FROM (n.version, n.source, n.unique_id, n.email, n.first_name, n.last_name, n.locale, n.status, n.eligibility, n.profile, n.deleted_until)
       OR CASE WHEN o.state IN ('deactivated', 'deleted') THEN o.state ELSE 'present' END <> CASE WHEN n.state IN ('deactivated', 'deleted') THEN n.state ELSE 'present' END;
  END IF;
  IF moved IS NOT NULL THEN
    PERFORM public.move_epoch(moved);
  END IF;
  RETURN NULL;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION member_move_epoch IS 'Moves the epochs of the tenants of whose members a statement changed what a diff reads.';
REVOKE ALL ON FUNCTION member_move_epoch FROM PUBLIC;

CREATE TRIGGER member_lock_epoch BEFORE INSERT OR UPDATE OR DELETE ON member FOR EACH STATEMENT EXECUTE FUNCTION member_lock_epoch();
CREATE TRIGGER member_inserted AFTER INSERT ON member REFERENCING NEW TABLE AS new_members FOR EACH STATEMENT EXECUTE FUNCTION member_move_epoch();
CREATE TRIGGER member_updated AFTER UPDATE ON member REFERENCING OLD TABLE AS old_members NEW TABLE AS new_members FOR EACH STATEMENT EXECUTE FUNCTION member_move_epoch();
CREATE TRIGGER member_deleted AFTER DELETE ON member REFERENCING OLD TABLE AS old_members FOR EACH STATEMENT EXECUTE FUNCTION member_move_epoch();
CREATE TRIGGER member_truncated AFTER TRUNCATE ON member FOR EACH STATEMENT EXECUTE FUNCTION member_move_epoch();
-- Also in a session that was told to leave triggers alone (session_replication_role).
ALTER TABLE member ENABLE ALWAYS TRIGGER member_lock_epoch;
ALTER TABLE member ENABLE ALWAYS TRIGGER member_inserted;
ALTER TABLE member ENABLE ALWAYS TRIGGER member_updated;
ALTER TABLE member ENABLE ALWAYS TRIGGER member_deleted;
ALTER TABLE member ENABLE ALWAYS TRIGGER member_truncated;

ALTER TABLE artifact DROP CONSTRAINT artifact_kind;
ALTER TABLE artifact ADD CONSTRAINT artifact_kind CHECK (kind IN ('upload', 'roster', 'findings', 'changeset', 'snapshot'));
COMMENT ON TABLE artifact IS 'A row for every artifact, written before its bytes are, and gone after they are.';

CREATE TABLE directory_snapshot (
  tenant_id       text        NOT NULL REFERENCES tenant (id),
  epoch           bigint      NOT NULL,
  sha256          text        NOT NULL,
  bytes           bigint      NOT NULL,
  head            text        NOT NULL,
  pages           bytea       NOT NULL,
  previous_sha256 text        NOT NULL,
  made_at         timestamptz NOT NULL,
  PRIMARY KEY (tenant_id)
);
COMMENT ON TABLE  directory_snapshot IS 'The newest snapshot of a tenant''s directory. It is the directory as long as its epoch is the tenant''s, and of no use afterwards but as the base of the next.';
COMMENT ON COLUMN directory_snapshot.epoch IS 'The tenant''s epoch at which the directory was as the snapshot has it.';
COMMENT ON COLUMN directory_snapshot.sha256 IS 'With bytes, the artifact of kind snapshot that holds it.';
COMMENT ON COLUMN directory_snapshot.head IS 'batch.SnapshotHead as its String says it: which fields the snapshot has, and what its hashes are made of.';
COMMENT ON COLUMN directory_snapshot.pages IS 'Eight bytes, the XXH3 of each page of the artifact: a reader knows by them that what it reads is what was written.';
COMMENT ON COLUMN directory_snapshot.previous_sha256 IS 'The snapshot before it, whose artifact is kept for who may still be reading it; empty where there was none.';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['directory_snapshot'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_only ON %I USING (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), ''''))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO rollcall_app', t);
  END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE directory_snapshot;
ALTER TABLE artifact NO FORCE ROW LEVEL SECURITY;
DELETE FROM artifact WHERE kind = 'snapshot';
ALTER TABLE artifact FORCE ROW LEVEL SECURITY;
ALTER TABLE artifact DROP CONSTRAINT artifact_kind;
ALTER TABLE artifact ADD CONSTRAINT artifact_kind CHECK (kind IN ('upload', 'roster', 'findings', 'changeset'));
DROP TRIGGER member_truncated ON member;
DROP TRIGGER member_deleted ON member;
DROP TRIGGER member_updated ON member;
DROP TRIGGER member_inserted ON member;
DROP TRIGGER member_lock_epoch ON member;
DROP FUNCTION member_move_epoch, member_lock_epoch, move_epoch;
ALTER TABLE tenant DROP COLUMN epoch_moved_by;
