-- The tree's nodes at every eighth level: what tiles and proofs are read from. Level 0 is ledger_leaf itself.
CREATE TABLE "ledger_node" (
    "level" SMALLINT NOT NULL,
    "idx" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,
    CONSTRAINT "ledger_node_pkey" PRIMARY KEY ("level","idx")
);

-- Which database the sequencer worked in last: another one means that this is a restored copy.
ALTER TABLE "ledger_head" ADD COLUMN "home" TEXT;

-- Each origin signs its own row of sizes.
ALTER TABLE "ledger_checkpoint" ADD COLUMN "generation" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "ledger_checkpoint" DROP CONSTRAINT "ledger_checkpoint_pkey";
ALTER TABLE "ledger_checkpoint" ADD CONSTRAINT "ledger_checkpoint_pkey" PRIMARY KEY ("generation","size");

CREATE TABLE "ledger_origin" (
    "generation" INTEGER NOT NULL,
    "origin" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "ledger_origin_pkey" PRIMARY KEY ("generation")
);

CREATE TABLE "ledger_key" (
    "vkey" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "ledger_key_pkey" PRIMARY KEY ("vkey")
);

CREATE TABLE "ledger_finding" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "open" TEXT,
    "halts" BOOLEAN NOT NULL,
    "message" TEXT NOT NULL,
    "evidence" TEXT[],
    "found_at" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),
    "resolution" TEXT,
    CONSTRAINT "ledger_finding_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ledger_witness" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "vkeys" TEXT[],
    "size" BIGINT NOT NULL DEFAULT 0,
    "state" TEXT NOT NULL DEFAULT 'new',
    "error" TEXT,
    "cosigned_at" TIMESTAMPTZ(3),
    "checked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "ledger_witness_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ledger_cosignature" (
    "generation" INTEGER NOT NULL,
    "size" BIGINT NOT NULL,
    "witness_id" TEXT NOT NULL,
    "lines" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "ledger_cosignature_pkey" PRIMARY KEY ("generation","size","witness_id")
);

-- Logs of others that this console witnesses: the newest checkpoint that it cosigned for each.
CREATE TABLE "witnessed_log" (
    "origin" TEXT NOT NULL,
    "origin_hash" TEXT NOT NULL,
    "vkeys" TEXT[],
    "size" BIGINT NOT NULL DEFAULT 0,
    "root" BYTEA,
    "note" TEXT,
    "cosigned_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "witnessed_log_pkey" PRIMARY KEY ("origin")
);

CREATE UNIQUE INDEX "ledger_origin_origin_key" ON "ledger_origin"("origin");
CREATE UNIQUE INDEX "ledger_finding_open_key" ON "ledger_finding"("open");
CREATE INDEX "ledger_finding_found_at_idx" ON "ledger_finding"("found_at" DESC);
CREATE UNIQUE INDEX "witnessed_log_origin_hash_key" ON "witnessed_log"("origin_hash");

-- Written by the kernel's own loops alone; the application roles read.
GRANT SELECT ON ledger_node, ledger_origin, ledger_key, ledger_cosignature TO atom_app, atom_auditor, atom_tenant;
COMMENT ON TABLE ledger_node IS 'scope: global';
COMMENT ON TABLE ledger_origin IS 'scope: global';
COMMENT ON TABLE ledger_key IS 'scope: global';
COMMENT ON TABLE ledger_cosignature IS 'scope: global';
GRANT SELECT, INSERT ON ledger_origin, ledger_finding TO atom_app;
GRANT UPDATE ("open", resolved_at, resolution) ON ledger_finding TO atom_app;
GRANT SELECT ON ledger_finding TO atom_auditor;
COMMENT ON TABLE ledger_finding IS 'scope: global';
SELECT open_global_table('ledger_witness');
SELECT open_global_table('witnessed_log');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['ledger_node', 'ledger_origin', 'ledger_key', 'ledger_cosignature'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON ledger_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE ON ledger_finding FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_removed_truncate BEFORE TRUNCATE ON ledger_finding FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- The head moves forward only, and there is always one. In a restored copy `low` begins anew.
CREATE FUNCTION "refuse_shrinking_head"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size < OLD.size OR (NEW.low < OLD.low AND NEW.home IS NOT DISTINCT FROM OLD.home) THEN
    RAISE EXCEPTION 'the ledger is append-only: its head does not move back' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER forward_only BEFORE UPDATE ON ledger_head FOR EACH ROW EXECUTE FUNCTION refuse_shrinking_head();
CREATE TRIGGER append_only BEFORE DELETE ON ledger_head FOR EACH ROW EXECUTE FUNCTION refuse_change();
