-- +goose Up

CREATE TABLE verification (
  tenant_id   text        NOT NULL REFERENCES tenant (id),
  seq         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  import_n    int,
  changeset   text        NOT NULL CONSTRAINT verification_names_what_was_seen CHECK ((import_n IS NOT NULL) = (changeset <> '')),
  answer      text        NOT NULL CONSTRAINT verification_answer CHECK (answer IN ('right', 'wrong')),
  answered_by text        NOT NULL CONSTRAINT verification_has_name CHECK (answered_by <> ''),
  comment     text        NOT NULL CONSTRAINT verification_wrong_says_what CHECK (answer <> 'wrong' OR comment <> ''),
  at          timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, seq),
  FOREIGN KEY (tenant_id, import_n) REFERENCES import (tenant_id, n)
);
CREATE INDEX verification_import ON verification (tenant_id, import_n, seq) WHERE import_n IS NOT NULL;
COMMENT ON TABLE  verification IS 'Every answer of a customer about what an import would do. Rows are added and never changed; the newest counts.';
COMMENT ON COLUMN verification.import_n IS 'The import whose list was looked at; NULL where the answer was recorded without one.';
COMMENT ON COLUMN verification.changeset IS 'The digest of the change set that was looked at; empty without an import.';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['verification'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_only ON %I USING (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), ''''))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO rollcall_app', t);
  END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE verification;
