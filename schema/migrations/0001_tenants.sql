-- +goose Up

-- +goose StatementBegin
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rollcall_app') THEN
    CREATE ROLE rollcall_app NOLOGIN NOBYPASSRLS;
  END IF;
  EXECUTE format('GRANT rollcall_app TO %I', current_user);
END
$$;
-- +goose StatementEnd

CREATE TABLE tenant (
  id          text        NOT NULL PRIMARY KEY,
  state       text        NOT NULL CONSTRAINT tenant_state CHECK (state IN ('setting_up', 'active', 'paused')),
  version     int         NOT NULL,
  imports     int         NOT NULL,
  epoch       bigint      NOT NULL,
  created_at  timestamptz NOT NULL
);
COMMENT ON TABLE  tenant IS 'One row a customer organisation. No policy: it is read before a tenant is known, and holds no personal data.';
COMMENT ON COLUMN tenant.version IS 'The current version of the tenant''s file.';
COMMENT ON COLUMN tenant.imports IS 'How many imports there were; the next is number imports + 1.';
COMMENT ON COLUMN tenant.epoch IS 'Moves with every change that a diff would see; every writer of members locks this row first.';

CREATE TABLE tenant_file (
  tenant_id  text        NOT NULL REFERENCES tenant (id),
  version    int         NOT NULL,
  digest     text        NOT NULL,
  rules      text        NOT NULL,
  source     text        NOT NULL,
  applied_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, version)
);
COMMENT ON TABLE tenant_file IS 'Immutable versions of what was agreed with a tenant, as the YAML that a CSM wrote.';
COMMENT ON COLUMN tenant_file.rules IS 'The digest of what decides what a roster changes: the mapping and the rules about people.';

CREATE TABLE tenant_step (
  tenant_id text        NOT NULL REFERENCES tenant (id),
  step      text        NOT NULL CONSTRAINT tenant_step_step CHECK (step IN ('frequency', 'mapping', 'sample', 'review', 'verification', 'activation')),
  done_by   text        NOT NULL,
  done_at   timestamptz NOT NULL,
  reason    text        NOT NULL,
  PRIMARY KEY (tenant_id, step)
);
COMMENT ON TABLE  tenant_step IS 'Steps of setting up that somebody vouched for.';
COMMENT ON COLUMN tenant_step.reason IS 'Why activation skipped the steps before it; empty where it did not.';

CREATE TABLE ssh_key_fingerprint (
  fingerprint text NOT NULL,
  tenant_id   text NOT NULL REFERENCES tenant (id),
  PRIMARY KEY (fingerprint, tenant_id)
);
COMMENT ON TABLE ssh_key_fingerprint IS 'Which keys open which tenant''s inbox. No policy: it is read while somebody logs in.';

CREATE TABLE ssh_key (
  tenant_id    text        NOT NULL REFERENCES tenant (id),
  fingerprint  text        NOT NULL,
  algorithm    text        NOT NULL,
  public_key   text        NOT NULL,
  label        text        NOT NULL,
  added_at     timestamptz NOT NULL,
  last_used_at timestamptz,
  PRIMARY KEY (tenant_id, fingerprint)
);
COMMENT ON COLUMN ssh_key.fingerprint IS 'SHA256:... as OpenSSH prints it.';
COMMENT ON COLUMN ssh_key.public_key IS 'One line of an authorized_keys file, without its comment.';

CREATE TABLE artifact (
  tenant_id  text        NOT NULL REFERENCES tenant (id),
  kind       text        NOT NULL CONSTRAINT artifact_kind CHECK (kind IN ('upload', 'roster', 'findings', 'changeset')),
  sha256     text        NOT NULL,
  bytes      bigint      NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, kind, sha256)
);
COMMENT ON TABLE artifact IS 'A row for every artifact, written before its bytes are.';

CREATE TABLE delivery (
  tenant_id   text        NOT NULL REFERENCES tenant (id),
  id          uuid        NOT NULL,
  folder      text        NOT NULL CONSTRAINT delivery_folder CHECK (folder IN ('inbox', 'check')),
  name        text        NOT NULL,
  state       text        NOT NULL CONSTRAINT delivery_state
                          CHECK (state IN ('open', 'broken', 'closed', 'settled', 'claimed', 'archived', 'replaced', 'removed')),
  bytes       bigint      NOT NULL,
  sha256      text        NOT NULL CONSTRAINT delivery_settled_has_digest CHECK (sha256 <> '' OR state IN ('open', 'broken', 'replaced', 'removed')),
  fingerprint text        NOT NULL,
  torn        boolean     NOT NULL,
  opened_at   timestamptz NOT NULL,
  named_at    timestamptz NOT NULL,
  changed_at  timestamptz NOT NULL,
  held_until  timestamptz CONSTRAINT delivery_open_is_held CHECK ((held_until IS NOT NULL) = (state = 'open')),
  hidden_at   timestamptz,
  settled_at  timestamptz,
  woken_at    timestamptz,
  import_n    int,
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX delivery_name_unclaimed ON delivery (tenant_id, folder, name) WHERE state IN ('broken', 'closed', 'settled');
CREATE INDEX delivery_name ON delivery (tenant_id, folder, name, named_at);
CREATE INDEX delivery_unfinished ON delivery (tenant_id, state) WHERE state IN ('open', 'closed', 'settled');
CREATE INDEX delivery_import ON delivery (tenant_id, import_n) WHERE import_n IS NOT NULL;
COMMENT ON TABLE  delivery IS 'One upload of one file. What a client calls a name is the newest delivery of that name that it may still see.';
COMMENT ON COLUMN delivery.state IS
  'open: being written. broken: the connection ended in the middle; resumable. closed: stored, waiting for its quiet time. settled: complete, waits for a run.
   claimed: immutable, a run has it. archived: its run ended, or a newer file was taken instead. replaced, removed: by the client, before it was claimed.';
COMMENT ON COLUMN delivery.sha256 IS 'Of the stored bytes; while it is open, of the version that the client began from; empty where nothing is stored.';
COMMENT ON COLUMN delivery.fingerprint IS 'The key that the client logged in with.';
COMMENT ON COLUMN delivery.torn IS 'The last record has no line end: it may be cut off, so it settles only after a longer quiet time.';
COMMENT ON COLUMN delivery.named_at IS 'When it last took its name, by OPEN, CLOSE or a rename: the newest of a name is the one that clients see.';
COMMENT ON COLUMN delivery.changed_at IS 'The last write, rename or change of size or times by the client.';
COMMENT ON COLUMN delivery.held_until IS 'Until when the server that is receiving it vouches for it; it moves this on. Past it, that server is gone and the upload is broken.';
COMMENT ON COLUMN delivery.hidden_at IS 'When a claimed delivery stopped being what clients see under its name, because they removed or renamed what stood before it.';
COMMENT ON COLUMN delivery.woken_at IS 'When a run was last triggered for it.';

CREATE TABLE due_work (
  tenant_id text        NOT NULL REFERENCES tenant (id),
  kind      text        NOT NULL CONSTRAINT due_work_kind CHECK (kind IN ('settle', 'upload')),
  at        timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, kind)
);
CREATE INDEX due_work_at ON due_work (kind, at);
COMMENT ON TABLE  due_work IS 'Which tenant has work, and from when on. No policy: it is read to find out which tenant to enter, and says nothing else.';
COMMENT ON COLUMN due_work.kind IS 'settle: closed deliveries may have become whole. upload: the server of an open delivery may have died.';
COMMENT ON COLUMN due_work.at IS 'The earliest time at which there may be something to do; never later than that.';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['tenant_file', 'tenant_step', 'ssh_key', 'artifact', 'delivery'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_only ON %I USING (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), ''''))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO rollcall_app', t);
  END LOOP;
END
$$;
-- +goose StatementEnd
GRANT SELECT, INSERT, UPDATE ON tenant TO rollcall_app;
GRANT SELECT, INSERT, DELETE ON ssh_key_fingerprint TO rollcall_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON due_work TO rollcall_app;
GRANT USAGE ON SCHEMA public TO rollcall_app;

-- +goose Down
DROP TABLE due_work, delivery, artifact, ssh_key, ssh_key_fingerprint, tenant_step, tenant_file, tenant;
