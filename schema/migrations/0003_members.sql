-- +goose Up

CREATE TABLE member (
  tenant_id       text        NOT NULL REFERENCES tenant (id),
  id              uuid        NOT NULL,
  version         bigint      NOT NULL,
  state           text        NOT NULL CONSTRAINT member_state CHECK (state IN ('pending', 'invited', 'active', 'deactivated', 'deleted')),
  state_before    text        CONSTRAINT member_state_before CHECK (state_before IN ('pending', 'invited', 'active')),
  source          text        NOT NULL CONSTRAINT member_source CHECK (source IN ('roster', 'self', 'staff')),
  unique_id       text        CONSTRAINT member_unique_id_not_empty CHECK (unique_id <> '')
                              CONSTRAINT member_unique_id_length CHECK (octet_length(unique_id) <= 255),
  email           text        NOT NULL,
  email_folded    text        NOT NULL,
  first_name      text        NOT NULL,
  last_name       text        NOT NULL,
  locale          text        NOT NULL CONSTRAINT member_locale CHECK (locale IN ('en-US', 'fr-CA')),
  status          text        NOT NULL CONSTRAINT member_status CHECK (status IN ('active', 'inactive')),
  eligibility     text        NOT NULL CONSTRAINT member_eligibility CHECK (eligibility IN ('eligible', 'ineligible')),
  profile         jsonb       NOT NULL,
  created_at      timestamptz NOT NULL,
  changed_at      timestamptz NOT NULL,
  deleted_at      timestamptz,
  deleted_until   timestamptz,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT member_email_once UNIQUE (tenant_id, email_folded) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT member_unique_id_once UNIQUE (tenant_id, unique_id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT member_state_before_when_hidden CHECK ((state IN ('deactivated', 'deleted')) = (state_before IS NOT NULL)),
  CONSTRAINT member_deleted_has_dates CHECK ((state = 'deleted') = (deleted_at IS NOT NULL) AND (state = 'deleted') = (deleted_until IS NOT NULL)),
  CONSTRAINT member_deactivated_is_inactive CHECK (state <> 'deactivated' OR status = 'inactive')
) WITH (fillfactor = 85);
COMMENT ON TABLE  member IS 'The directory: one row a person of a tenant.';
COMMENT ON COLUMN member.version IS 'Moves with every change; a change set names the version that it was planned on.';
COMMENT ON COLUMN member.state_before IS 'What the person is underneath while deactivated or deleted: the state to return to.';
COMMENT ON COLUMN member.source IS 'Who brought the person in; a file removes only people that a roster brought.';
COMMENT ON COLUMN member.email_folded IS 'roster.FoldEmail(email): what addresses are compared by.';
COMMENT ON COLUMN member.profile IS 'Every other field by its name; fields without a value are absent.';
COMMENT ON COLUMN member.deleted_until IS 'Until when the person can be restored.';

CREATE TABLE member_alias (
  tenant_id    text        NOT NULL REFERENCES tenant (id),
  email_folded text        NOT NULL,
  member_id    uuid        NOT NULL,
  since        timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, email_folded, member_id),
  FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id)
);
COMMENT ON TABLE member_alias IS 'Addresses that a member had before.';

CREATE TABLE apply (
  tenant_id  text        NOT NULL REFERENCES tenant (id),
  import_n   int         NOT NULL,
  changeset  text        NOT NULL,
  release    text        NOT NULL,
  verdict    text        NOT NULL,
  groups     text[]      NOT NULL,
  planned    int         NOT NULL,
  chunk_size int         NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at   timestamptz,
  PRIMARY KEY (tenant_id, import_n),
  FOREIGN KEY (tenant_id, import_n) REFERENCES import (tenant_id, n)
);
COMMENT ON TABLE  apply IS 'What an import released. Its row is locked by every chunk, so that one chunk runs at a time.';
COMMENT ON COLUMN apply.release IS 'The digest of what was released: of (change set, verdict, groups).';
COMMENT ON COLUMN apply.planned IS 'How many changes the release applies.';
COMMENT ON COLUMN apply.chunk_size IS 'How many changes a chunk takes, fixed when the apply began: whoever goes on with it cuts the same chunks.';

CREATE TABLE apply_chunk (
  tenant_id  text        NOT NULL,
  import_n   int         NOT NULL,
  chunk      int         NOT NULL,
  position   int         NOT NULL,
  changes    int         NOT NULL,
  stage      text        NOT NULL CONSTRAINT apply_chunk_stage CHECK (stage IN ('updates', 'creations', 'removals')),
  applied    int         NOT NULL,
  set_aside  int         NOT NULL,
  epoch      bigint      NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, import_n, chunk),
  FOREIGN KEY (tenant_id, import_n) REFERENCES apply (tenant_id, import_n)
);
COMMENT ON TABLE apply_chunk IS 'One row a chunk, written in the chunk''s transaction: a chunk is applied exactly if its row is there.';

CREATE TABLE apply_aside (
  tenant_id text NOT NULL,
  import_n  int  NOT NULL,
  position  int  NOT NULL,
  member_id uuid,
  op        text NOT NULL,
  reason    text NOT NULL CONSTRAINT apply_aside_reason CHECK (reason IN ('changed_meanwhile', 'address_taken', 'id_taken')),
  PRIMARY KEY (tenant_id, import_n, position),
  FOREIGN KEY (tenant_id, import_n) REFERENCES apply (tenant_id, import_n)
);
COMMENT ON TABLE apply_aside IS 'Changes that were released but not applied, because the person or address was changed by someone else meanwhile.';

CREATE TABLE mail (
  tenant_id    text        NOT NULL REFERENCES tenant (id),
  id           uuid        NOT NULL,
  kind         text        NOT NULL CONSTRAINT mail_kind CHECK (kind IN ('invitation')),
  member_id    uuid,
  campaign     text        NOT NULL,
  state        text        NOT NULL CONSTRAINT mail_state CHECK (state IN ('waiting', 'sending', 'delivered', 'failed', 'unknown', 'cancelled')),
  import_n     int,
  attempts     int         NOT NULL,
  due_at       timestamptz NOT NULL,
  claimed_by   text        NOT NULL,
  claimed_at   timestamptz,
  sent_to      text        CONSTRAINT mail_sent_to_not_empty CHECK (sent_to <> ''),
  token_hash   bytea       CONSTRAINT mail_token_hash_length CHECK (octet_length(token_hash) = 32),
  reply        text        NOT NULL,
  created_at   timestamptz NOT NULL,
  changed_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT mail_once_a_campaign UNIQUE (tenant_id, kind, member_id, campaign),
  CONSTRAINT mail_sending_is_claimed CHECK (state <> 'sending' OR (claimed_by <> '' AND claimed_at IS NOT NULL AND sent_to IS NOT NULL)),
  FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id)
) WITH (fillfactor = 85);
CREATE INDEX mail_due ON mail (tenant_id, due_at, id) WHERE state = 'waiting';
CREATE UNIQUE INDEX mail_claimed_once ON mail (tenant_id, claimed_by) WHERE state = 'sending';
CREATE INDEX mail_of_import ON mail (tenant_id, import_n);
CREATE INDEX mail_recent ON mail (tenant_id, claimed_at);
COMMENT ON TABLE  mail IS 'The outbox and the ledger of what was sent: a row is made in the transaction that makes the mail due.';
COMMENT ON COLUMN mail.campaign IS 'What the mail is about; a member gets one mail a kind and campaign.';
COMMENT ON COLUMN mail.claimed_by IS 'The claim under which it is or was sent, empty before the first; committed before the server hears of the mail, so that a dead sender leaves "sending" behind.';
COMMENT ON COLUMN mail.sent_to IS 'The address of the last claim, as written; personal data.';
COMMENT ON COLUMN mail.token_hash IS 'The SHA-256 of the token in the links of the last claim.';
COMMENT ON COLUMN mail.reply IS 'The code of the mail server''s last reply, without its text.';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['member', 'member_alias', 'apply', 'apply_chunk', 'apply_aside', 'mail'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_only ON %I USING (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), ''''))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO rollcall_app', t);
  END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE mail, apply_aside, apply_chunk, apply, member_alias, member;
