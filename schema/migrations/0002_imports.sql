-- +goose Up

CREATE TABLE import (
  tenant_id         text        NOT NULL REFERENCES tenant (id),
  n                 int         NOT NULL,
  workflow_id       text        NOT NULL,
  run_id            text        NOT NULL,
  phase             text        NOT NULL CONSTRAINT import_phase
                                CHECK (phase IN ('receiving', 'reading', 'comparing', 'awaiting_decision', 'applying', 'inviting', 'closed')),
  outcome           text        NOT NULL CONSTRAINT import_outcome
                                CHECK (outcome IN ('', 'refused', 'nothing_new', 'no_change', 'turned_down', 'expired', 'superseded', 'withdrawn',
                                                   'rehearsed', 'applied', 'applied_with_failures', 'stopped', 'stale')),
  delivery_id       uuid,
  file              text        NOT NULL,
  received_at       timestamptz,
  sha256            text        NOT NULL,
  tenant_version    int         NOT NULL,
  mapping_digest    text        NOT NULL,
  rows              int         NOT NULL,
  unreadable        int         NOT NULL,
  set_aside         int         NOT NULL,
  artifacts         jsonb       NOT NULL,
  changeset         text        NOT NULL,
  summary           jsonb       NOT NULL,
  checks            jsonb       NOT NULL,
  deadline          timestamptz,
  started_at        timestamptz NOT NULL,
  closed_at         timestamptz,
  PRIMARY KEY (tenant_id, n),
  CONSTRAINT import_run_once UNIQUE (tenant_id, run_id),
  CONSTRAINT import_closed_has_outcome CHECK ((phase = 'closed') = (outcome <> '') AND (phase = 'closed') = (closed_at IS NOT NULL)),
  FOREIGN KEY (tenant_id, delivery_id) REFERENCES delivery (tenant_id, id)
);
CREATE INDEX import_live ON import (tenant_id, n) WHERE phase <> 'closed';
COMMENT ON TABLE  import IS 'One run of the Import workflow: which file, what came of it. Made by the run''s first activity.';
COMMENT ON COLUMN import.changeset IS 'The digest of the change set, "sha256:...", empty until compared.';
COMMENT ON COLUMN import.artifacts IS 'References to what the run left behind, by kind: upload, roster, findings, changeset.';
COMMENT ON COLUMN import.summary IS 'changeset.Summary as package postgres writes it.';

CREATE TABLE receipt (
  tenant_id   text        NOT NULL REFERENCES tenant (id),
  name        text        NOT NULL,
  kind        text        NOT NULL CONSTRAINT receipt_kind CHECK (kind IN ('import', 'check')),
  import_n    int,
  json        bytea       NOT NULL,
  text        bytea       NOT NULL,
  received_at timestamptz NOT NULL,
  written_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, name, kind)
);
COMMENT ON TABLE receipt IS 'What customer IT reads under /reports: the result of the newest file of each name and kind. An import''s stands before a pre-flight''s.';

CREATE TABLE decision (
  tenant_id       text        NOT NULL REFERENCES tenant (id),
  import_n        int         NOT NULL,
  decision_id     text        NOT NULL,
  changeset       text        NOT NULL,
  verdict         text        NOT NULL CONSTRAINT decision_verdict CHECK (verdict IN ('', 'approve', 'approve_without_removals', 'turn_down')),
  groups          text[]      NOT NULL,
  confirm_deletes bigint,
  decided_by      text        NOT NULL,
  sent_by         text        NOT NULL,
  reason          text        NOT NULL,
  origin          text        NOT NULL CONSTRAINT decision_origin CHECK (origin IN ('person', 'raw_signal')),
  effect          text        NOT NULL CONSTRAINT decision_effect
                              CHECK (effect IN ('pending', 'taken', 'duplicate', 'stale', 'late', 'not_confirmed', 'reason_missing', 'not_allowed', 'not_valid')),
  decided_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, import_n, decision_id)
);
CREATE UNIQUE INDEX decision_taken_once ON decision (tenant_id, import_n, changeset) WHERE effect = 'taken';
COMMENT ON TABLE  decision IS 'Every decision that reached an import, with what became of it. At most one is taken for a change set.';
COMMENT ON COLUMN decision.verdict IS 'Empty where a raw signal named none that is known.';
COMMENT ON COLUMN decision.origin IS 'person: recorded by a command or the console before it was sent. raw_signal: sent to Temporal by other means and recorded as its text claims.';
COMMENT ON COLUMN decision.sent_by IS 'For a raw signal the identity of Temporal''s event.';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['import', 'receipt', 'decision'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_only ON %I USING (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), ''''))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO rollcall_app', t);
  END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE decision, receipt, import;
