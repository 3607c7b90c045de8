-- +goose Up

CREATE TABLE notice (
  tenant_id      text        NOT NULL REFERENCES tenant (id),
  id             uuid        NOT NULL,
  kind           text        NOT NULL CONSTRAINT notice_kind CHECK (kind IN ('file_refused', 'upload_late', 'upload_still_late', 'upload_arrived')),
  about          text        NOT NULL,
  address        text        NOT NULL CONSTRAINT notice_address_not_empty CHECK (address <> ''),
  address_folded text        NOT NULL,
  name           text        NOT NULL,
  role           text        NOT NULL CONSTRAINT notice_role
                             CHECK (role IN ('program_owner', 'project_manager', 'technical_sftp', 'technical_hris', 'csm')),
  locale         text        NOT NULL CONSTRAINT notice_locale CHECK (locale IN ('en-US', 'fr-CA')),
  facts          jsonb       NOT NULL,
  state          text        NOT NULL CONSTRAINT notice_state CHECK (state IN ('waiting', 'sending', 'delivered', 'failed', 'unknown', 'cancelled')),
  import_n       int,
  attempts       int         NOT NULL,
  unsure         int         NOT NULL,
  due_at         timestamptz NOT NULL,
  claimed_by     text        NOT NULL,
  claimed_at     timestamptz,
  reply          text        NOT NULL,
  created_at     timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT notice_once UNIQUE (tenant_id, kind, about, address_folded),
  CONSTRAINT notice_sending_is_claimed CHECK (state <> 'sending' OR (claimed_by <> '' AND claimed_at IS NOT NULL))
) WITH (fillfactor = 85);
CREATE INDEX notice_due ON notice (tenant_id, due_at, id) WHERE state = 'waiting';
CREATE UNIQUE INDEX notice_claimed_once ON notice (tenant_id, claimed_by) WHERE state = 'sending';
COMMENT ON TABLE  notice IS 'The outbox and the ledger of mail to a tenant''s contacts. Mail to members is in mail: that has gates, a pace and hours, and is never sent twice by itself.';
COMMENT ON COLUMN notice.about IS 'What the notice is about; an address gets one notice a kind and about.';
COMMENT ON COLUMN notice.address IS 'As the tenant''s file had it when the notice was made, with name, role and locale; personal data of a contact.';
COMMENT ON COLUMN notice.address_folded IS 'roster.FoldEmail(address): what addresses are compared by.';
COMMENT ON COLUMN notice.facts IS 'notice.Facts: codes, counts, dates and names of files, and nothing of a member. The words are made when it is sent.';
COMMENT ON COLUMN notice.unsure IS 'After how many tries nobody knew whether the notice had gone.';
COMMENT ON COLUMN notice.reply IS 'The code of the mail server''s last reply, without its text.';

CREATE TABLE lateness (
  tenant_id     text        NOT NULL REFERENCES tenant (id),
  due_at        timestamptz NOT NULL,
  late_at       timestamptz NOT NULL,
  still_late_at timestamptz,
  arrived_at    timestamptz,
  superseded_at timestamptz,
  PRIMARY KEY (tenant_id, due_at)
);
CREATE INDEX lateness_open ON lateness (tenant_id) WHERE arrived_at IS NULL AND superseded_at IS NULL;
COMMENT ON TABLE  lateness IS 'One row for each due time at which an upload was missing: what was told of it, once each.';
COMMENT ON COLUMN lateness.late_at IS 'When customer IT was told.';
COMMENT ON COLUMN lateness.still_late_at IS 'When the customer success manager was told.';
COMMENT ON COLUMN lateness.arrived_at IS 'When it was noticed that the upload had come, and those who had been told were told that.';
COMMENT ON COLUMN lateness.superseded_at IS 'When something was told of another due time, with which this one is over although its upload has not come.';

CREATE TABLE service_uptime (
  service   text        NOT NULL,
  up_since  timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  PRIMARY KEY (service, up_since)
);
COMMENT ON TABLE  service_uptime IS 'When parts of Rollcall were up: one row an uninterrupted span, moved on every few seconds. No policy: it says nothing of any tenant.';
COMMENT ON COLUMN service_uptime.service IS 'sftp: the hosted SFTP server, any copy of it.';

ALTER TABLE tenant ADD COLUMN active_since timestamptz;
COMMENT ON COLUMN tenant.active_since IS 'When the tenant was last activated or resumed; null where that was before this was recorded, or never.';

ALTER TABLE due_work DROP CONSTRAINT due_work_kind;
ALTER TABLE due_work ADD CONSTRAINT due_work_kind CHECK (kind IN ('settle', 'upload', 'late'));
COMMENT ON COLUMN due_work.kind IS 'settle: closed deliveries may have become whole. upload: the server of an open delivery may have died. late: an upload may be missing.';
INSERT INTO due_work (tenant_id, kind, at) SELECT id, 'late', '1970-01-01Z' FROM tenant WHERE state = 'active';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['notice', 'lateness'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_only ON %I USING (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), ''''))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO rollcall_app', t);
  END LOOP;
END
$$;
-- +goose StatementEnd
GRANT SELECT, INSERT, UPDATE, DELETE ON service_uptime TO rollcall_app;

-- +goose Down
DELETE FROM due_work WHERE kind = 'late';
ALTER TABLE due_work DROP CONSTRAINT due_work_kind;
ALTER TABLE due_work ADD CONSTRAINT due_work_kind CHECK (kind IN ('settle', 'upload'));
ALTER TABLE tenant DROP COLUMN active_since;
DROP TABLE service_uptime, lateness, notice;
